/** Texts for the language server's tests: our own short patch, and places in it. */

/** Line numbers count from 1 where a name says `LINE`. */
export const PATCH = `From: A Developer <a@example.org>
Subject: [PATCH] KVM: x86/mmu: Zap shared mappings only
Message-ID: <1@example.org>

Let kvm_stale_name() alone.

diff --git a/arch/x86/kvm/mmu/mmu.c b/arch/x86/kvm/mmu/mmu.c
index 1111111..2222222 100644
--- a/arch/x86/kvm/mmu/mmu.c
+++ b/arch/x86/kvm/mmu/mmu.c
@@ -1570,6 +1570,7 @@ bool kvm_unmap_gfn_range(struct kvm *kvm, struct kvm_gfn_range *range)
 {
 	bool flush = false;
 
-	range->attr_filter = KVM_FILTER_SHARED | KVM_FILTER_PRIVATE;
+	range->attr_filter = KVM_FILTER_SHARED;
+	range->may_block = true;
 	return kvm_tdp_mmu_unmap_gfn_range(kvm, range, flush);
 }
-- 
2.43.0
`;

export const STALE_LINE = 5;
export const HUNK_LINE = 11;
/** The first added line, on which the fake reviewer puts its finding. */
export const ADDED_LINE = 16;
