/** Which kernel paths belong to the KVM MMU and its neighbours, and which are none of this tool's business. */

export type PathScope = 'mmu' | 'neighbour' | 'out';

interface Rule {
  readonly pattern: RegExp;
  readonly scope: PathScope;
}

/** The first rule that matches decides. `neighbour`: KVM code that reaches the MMU or that it calls. */
const RULES: readonly Rule[] = [
  { pattern: /^(tools|Documentation|samples|scripts)\//, scope: 'out' },
  { pattern: /(^|\/)(Kconfig|Makefile|MAINTAINERS)[^/]*$/, scope: 'out' },
  { pattern: /^arch\/(?!x86\/)/, scope: 'out' },
  { pattern: /^arch\/x86\/kvm\/mmu\//, scope: 'mmu' },
  { pattern: /^arch\/x86\/kvm\/mmu\.h$/, scope: 'mmu' },
  { pattern: /^arch\/x86\/kvm\/vmx\/tdx[^/]*$/, scope: 'mmu' },
  { pattern: /^arch\/x86\/kvm\/svm\/sev\.c$/, scope: 'mmu' },
  { pattern: /^virt\/kvm\/(guest_memfd|kvm_main|kvm_mm|pfncache)\.[ch]$/, scope: 'mmu' },
  { pattern: /^arch\/x86\/(kvm|virt|coco)\//, scope: 'neighbour' },
  { pattern: /^arch\/x86\/include\/asm\/(kvm|tdx|sev|svm|vmx|shared\/tdx)[^/]*/, scope: 'neighbour' },
  { pattern: /^arch\/x86\/include\/uapi\/asm\/(kvm|svm|vmx)[^/]*/, scope: 'neighbour' },
  { pattern: /^include\/(uapi\/)?(linux|trace\/events)\/kvm[^/]*/, scope: 'neighbour' },
  { pattern: /^virt\//, scope: 'neighbour' },
];

/** How a kernel path relates to the KVM MMU; a diff without a path may be anything, so it counts as a neighbour. */
export function pathScope(path: string | null): PathScope {
  if (path === null) return 'neighbour';
  return RULES.find((rule) => rule.pattern.test(path))?.scope ?? 'out';
}

/** Whether any of the paths is worth reviewing. */
export function inScope(paths: readonly (string | null)[]): boolean {
  return paths.some((path) => pathScope(path) !== 'out');
}
