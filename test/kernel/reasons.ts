/** Why a seeded bug is missed, by its id. A miss without an entry is listed as unexplained. */
export const REASONS: Readonly<Record<string, string>> = {
  'b54-loaded-root-not-flushed':
    "Translations are tagged with their root, as the CPU does it: those of the old root can be used again only when its page becomes a root once more. KVM takes roots from a vCPU's cache of 40 pages, which no run of a few steps uses up.",
  'b175-asid-not-flushed-on-another-cpu':
    'A TLB belongs to a vCPU here, not to a CPU: no vCPU moves to another CPU and comes back to what it left in the TLB of the first.',
  'b193-level-of-first-huge-page':
    "There is room for one huge page in the model's memory, so the level of the first huge page of a memslot is that of all.",
};
