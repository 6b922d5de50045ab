/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Seed race: TDX mirror page table vs. external S-EPT under the KVM TDP MMU.
 *   N  vCPU threads (page faults, mmu_lock held for read)
 *   G  GFNs (two GFNs share one non-leaf "PD" entry), G <= 4
 *   F  page faults per vCPU (a RET_PF_RETRY consumes one too)
 *   Z  guest_memfd punch holes done by the zapper (mmu_lock held for write)
 * Variants:
 *   -DNOFREEZE  mirror entry is written directly instead of FROZEN first
 *   -DNOSEQ     is_page_fault_stale() check dropped
 *   -DNOINV     do not assert mirror==S-EPT (only SEAMCALL failures/UAF)
 * Every d_step is exactly one transition and every label exactly one program
 * counter, so that a hand-written search can reproduce the state count.
 */
#ifndef N
#define N 3
#endif
#ifndef G
#define G 2
#endif
#ifndef F
#define F 2
#endif
#ifndef Z
#define Z 1
#endif
#define NPD ((G+1)/2)
#define PD(g) ((g)>>1)

#define NONE   0
#define FROZEN 1
#define MAP(p) ((p)+2)		/* mirror value of pfn p (PD: MAP(0)) */
#define EXT(p) ((p)+1)		/* S-EPT value of pfn p */
#define BLOCKED 8

byte mpd[NPD];			/* mirror non-leaf */
byte spd[NPD];			/* S-EPT non-leaf */
byte mir[G];			/* mirror leaf */
byte sept[G];			/* S-EPT leaf */
byte gmem[G];			/* guest_memfd: pfn+1 or 0 */
byte inuse;			/* bitmap of allocated pfns */
byte readers, writer;		/* mmu_lock */
byte seam;			/* S-EPT tree lock inside the TDX module */
byte inprog, rng, seq;		/* mmu_invalidate_* */
byte tlb;			/* TDH.MEM.TRACK done */

#define OKM(i) (writer || mir[i] == FROZEN || (mir[i] == NONE && sept[i] == NONE) || (mir[i] > 1 && sept[i] == mir[i] - 1))
#define OKU(i) (sept[i] == NONE || (inuse & (1 << ((sept[i] & 7) - 1))))
#define OKP(i) (mpd[i] == FROZEN || (mpd[i] == NONE && spd[i] == NONE) || (mpd[i] > 1 && spd[i] == 1))
#if G == 1
#define INVM (OKM(0) && OKP(0))
#define INVU (OKU(0))
#elif G == 2
#define INVM (OKM(0) && OKM(1) && OKP(0))
#define INVU (OKU(0) && OKU(1))
#elif G == 3
#define INVM (OKM(0) && OKM(1) && OKM(2) && OKP(0) && OKP(1))
#define INVU (OKU(0) && OKU(1) && OKU(2))
#elif G == 4
#define INVM (OKM(0) && OKM(1) && OKM(2) && OKM(3) && OKP(0) && OKP(1))
#define INVU (OKU(0) && OKU(1) && OKU(2) && OKU(3))
#endif
#ifdef NOINV
#define CHECK assert(INVU)
#else
#define CHECK assert(INVM); assert(INVU)
#endif

#ifdef NOFREEZE
#define FRZ(x) (x)
#else
#define FRZ(x) FROZEN
#endif

#ifdef NOSEQ
#define STALE false
#else
#define STALE ((inprog && rng == g) || seq != mseq)
#endif

active [N] proctype vcpu()
{
	byte g, pfn, mseq, n = F;

idle:	if
	:: d_step { n > 0 -> n--; g = 0 }
#if G > 1
	:: d_step { n > 0 -> n--; g = 1 }
#endif
#if G > 2
	:: d_step { n > 0 -> n--; g = 2 }
#endif
#if G > 3
	:: d_step { n > 0 -> n--; g = 3 }
#endif
	fi;
	/* kvm_mmu_faultin_pfn() */
	d_step { true -> mseq = seq };
	d_step { true ->
		if
		:: gmem[g] == 0 ->
			if
			:: !(inuse & 1) -> inuse = inuse | 1; gmem[g] = 1
			:: else ->
				if
				:: !(inuse & 2) -> inuse = inuse | 2; gmem[g] = 2
				:: else ->
					if
					:: !(inuse & 4) -> inuse = inuse | 4; gmem[g] = 3
					:: else -> inuse = inuse | 8; gmem[g] = 4
					fi
				fi
			fi
		:: else
		fi;
		pfn = gmem[g] - 1
	};
	d_step { !writer -> readers++ };
	if
	:: d_step { STALE }; goto unlock
	:: d_step { !STALE }
	fi;
	/* walk: non-leaf */
	if
	:: d_step { mpd[PD(g)] == FROZEN }; goto unlock
	:: d_step { mpd[PD(g)] > 1 }; goto leaf
	:: d_step { mpd[PD(g)] == NONE }
	fi;
	if						/* try_cmpxchg64() */
	:: d_step { mpd[PD(g)] == NONE -> mpd[PD(g)] = FRZ(2); CHECK }
	:: d_step { mpd[PD(g)] != NONE }; goto unlock
	fi;
	if						/* TDH.MEM.SEPT.ADD */
	:: d_step { !seam -> seam = 1 }
	:: d_step { seam }; goto pd_busy
	fi;
	d_step { true -> assert(spd[PD(g)] == 0); spd[PD(g)] = 1; CHECK };
	d_step { true -> seam = 0 };
	d_step { true -> mpd[PD(g)] = 2; CHECK };	/* unfreeze */
leaf:	if
	:: d_step { mir[g] != NONE }; goto unlock	/* frozen or spurious */
	:: d_step { mir[g] == NONE }
	fi;
	if
	:: d_step { mir[g] == NONE -> mir[g] = FRZ(MAP(pfn)); CHECK }
	:: d_step { mir[g] != NONE }; goto unlock
	fi;
	if						/* TDH.MEM.PAGE.AUG */
	:: d_step { !seam -> seam = 1 }
	:: d_step { seam }; goto leaf_busy
	fi;
	d_step { true -> assert(spd[PD(g)] == 1); assert(sept[g] == NONE);
		 sept[g] = EXT(pfn); CHECK };
	d_step { true -> seam = 0 };
	d_step { true -> mir[g] = MAP(pfn); CHECK };
	goto unlock;
pd_busy:
	if :: d_step { true -> mpd[PD(g)] = NONE; CHECK } fi;
	goto unlock;
leaf_busy:
	if :: d_step { true -> mir[g] = NONE; CHECK } fi;
unlock:	if :: d_step { true -> readers--; g = 0; pfn = 0; mseq = 0 } fi;
	goto idle
}

active proctype zapper()
{
	byte g, n = Z;

idle:	if
	:: d_step { n > 0 -> n--; g = 0 }
#if G > 1
	:: d_step { n > 0 -> n--; g = 1 }
#endif
#if G > 2
	:: d_step { n > 0 -> n--; g = 2 }
#endif
#if G > 3
	:: d_step { n > 0 -> n--; g = 3 }
#endif
	fi;
	d_step { readers == 0 && !writer -> writer = 1 };
	d_step { true -> inprog = 1; rng = g };
	if
	:: d_step { mir[g] > 1 -> mir[g] = NONE }
	:: d_step { mir[g] <= 1 -> assert(mir[g] != FROZEN) }; goto zunlock
	fi;
	d_step { true -> assert(sept[g] > 0 && sept[g] < BLOCKED); sept[g] = sept[g] | BLOCKED };
	d_step { true -> tlb = 1 };
	d_step { true -> assert(tlb && (sept[g] & BLOCKED)); sept[g] = NONE; tlb = 0; CHECK };
zunlock:
	if :: d_step { true -> writer = 0; CHECK } fi;
	d_step { true ->			/* truncate: folio freed */
		if
		:: gmem[g] > 0 -> inuse = inuse & (15 ^ (1 << (gmem[g] - 1))); gmem[g] = 0
		:: else
		fi;
		CHECK
	};
	d_step { readers == 0 && !writer -> writer = 1 };
	d_step { true -> seq++; inprog = 0; rng = 0 };
	d_step { true -> writer = 0; g = 0 };
	goto idle
}
