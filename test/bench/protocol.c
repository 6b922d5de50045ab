/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The mirror / S-EPT protocol as a benchmark of the explorer: N vCPU threads fault on G frames, a
 * zapper punches holes. Every transition begins at __point() or at a builtin that waits, so that the
 * states are those of a Promela model of the same protocol, one for one. Compile with N, G, F, Z.
 */
typedef unsigned char u8;

#define NPD ((G + 1) / 2)
#define PD(g) ((g) >> 1)
#define NONE 0
#define FROZEN 1
#define MAP(p) ((p) + 2)
#define EXT(p) ((p) + 1)
#define BLOCKED 8

struct protocol {
	u8 mpd[2], spd[2];
	u8 mir[4], sept[4], gmem[4];
	u8 inuse, readers, writer, seam, inprog, rng, seq, tlb;
};

static struct protocol s;

void __point(void);
void __until_zero(void *word);
void __until_both_zero(void *a, void *b);
int __pick(int n);
void __fail(void);
/* does nothing: keeps a local part of the state, as Promela's are */
void keep(int a, int b, int c);

#ifdef NOFREEZE
#define FRZ(x) (x)
#else
#define FRZ(x) FROZEN
#endif

static void check(void)
{
	int i;

	for (i = 0; i < G; i++) {
		if (!s.writer && s.mir[i] != FROZEN) {
			if (s.mir[i] == NONE ? s.sept[i] != NONE : s.sept[i] != s.mir[i] - 1)
				__fail();
		}
		if (s.sept[i] != NONE && !(s.inuse & (1 << ((s.sept[i] & 7) - 1))))
			__fail();
	}
	for (i = 0; i < NPD; i++) {
		if (s.mpd[i] == FROZEN)
			continue;
		if (s.mpd[i] == NONE ? s.spd[i] != NONE : s.spd[i] != 1)
			__fail();
	}
}

static void take_page(int g)
{
	int p;

	if (s.gmem[g])
		return;
	for (p = 0; p < 3; p++)
		if (!(s.inuse & (1 << p)))
			break;
	s.inuse |= 1 << p;
	s.gmem[g] = p + 1;
}

static void fault(int g)
{
	int pfn, mseq;

	__point();
	mseq = s.seq;
	__point();
	take_page(g);
	pfn = s.gmem[g] - 1;
	__until_zero(&s.writer);
	s.readers++;
	__point();
	if ((s.inprog && s.rng == g) || s.seq != mseq)
		goto unlock;
	__point();
	if (s.mpd[PD(g)] == FROZEN)
		goto unlock;
	if (s.mpd[PD(g)] > 1)
		goto leaf;
	__point();
	if (s.mpd[PD(g)] != NONE)
		goto unlock;
	s.mpd[PD(g)] = FRZ(2);
	check();
	__point();
	if (s.seam) {
		__point();
		s.mpd[PD(g)] = NONE;
		check();
		goto unlock;
	}
	s.seam = 1;
	__point();
	if (s.spd[PD(g)])
		__fail();
	s.spd[PD(g)] = 1;
	check();
	__point();
	s.seam = 0;
	__point();
	s.mpd[PD(g)] = 2;
	check();
leaf:
	__point();
	if (s.mir[g] != NONE)
		goto unlock;
	__point();
	if (s.mir[g] != NONE)
		goto unlock;
	s.mir[g] = FRZ(MAP(pfn));
	check();
	__point();
	if (s.seam) {
		__point();
		s.mir[g] = NONE;
		check();
		goto unlock;
	}
	s.seam = 1;
	__point();
	if (s.spd[PD(g)] != 1 || s.sept[g] != NONE)
		__fail();
	s.sept[g] = EXT(pfn);
	check();
	__point();
	s.seam = 0;
	__point();
	s.mir[g] = MAP(pfn);
	check();
unlock:
	__point();
	s.readers--;
	keep(g, pfn, mseq);
}

void setup(int vm)
{
}

void vcpu(int id)
{
	int n;

	for (n = F; n > 0; n--)
		fault(__pick(G));
}

static void punch(int g)
{
	__until_both_zero(&s.readers, &s.writer);
	s.writer = 1;
	__point();
	s.inprog = 1;
	s.rng = g;
	__point();
	if (s.mir[g] <= 1) {
		if (s.mir[g] == FROZEN)
			__fail();
		goto unlock;
	}
	s.mir[g] = NONE;
	__point();
	if (s.sept[g] == NONE || s.sept[g] >= BLOCKED)
		__fail();
	s.sept[g] |= BLOCKED;
	__point();
	s.tlb = 1;
	__point();
	if (!s.tlb || !(s.sept[g] & BLOCKED))
		__fail();
	s.sept[g] = NONE;
	s.tlb = 0;
	check();
unlock:
	__point();
	s.writer = 0;
	check();
	__point();
	if (s.gmem[g]) {
		s.inuse &= 15 ^ (1 << (s.gmem[g] - 1));
		s.gmem[g] = 0;
	}
	check();
	__until_both_zero(&s.readers, &s.writer);
	s.writer = 1;
	__point();
	s.seq++;
	s.inprog = 0;
	s.rng = 0;
	__point();
	s.writer = 0;
	keep(g, 0, 0);
}

void zapper(int id)
{
	int n;

	for (n = Z; n > 0; n--)
		punch(__pick(G));
}
