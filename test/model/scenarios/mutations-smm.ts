/** Mutations of what is done once for each address space, or for all of them: S30, S61 and S64. Kernel 7.3 has the same texts. */

import { at, edit, type Mutation, mutation } from './mutation';

export const smm: readonly Mutation[] = [
  mutation(
    'an unmap goes over the memslots of one address space',
    edit(
      'kvm_main.c',
      'slots = __kvm_memslots(kvm, i);\n\t\tkvm_for_each_memslot_in_hva_range(',
      'slots = __kvm_memslots(kvm, 0);\n\t\tkvm_for_each_memslot_in_hva_range(',
    ),
    at('S61', 'default', 'unmap-before-free', 0),
  ),
  mutation(
    "an unmap looks at one address space's roots",
    edit(
      'tdp_mmu.c',
      '__for_each_tdp_mmu_root_yield_safe(kvm, root, range->slot->as_id, types)',
      '__for_each_tdp_mmu_root_yield_safe(kvm, root, 0, types)',
    ),
    at('S61', 'default', 'unmap-before-free', 0),
  ),
  mutation(
    'a zap of gfns looks at one address space',
    edit(
      'tdp_mmu.c',
      'for_each_valid_tdp_mmu_root_yield_safe(kvm, root, -1)',
      'for_each_valid_tdp_mmu_root_yield_safe(kvm, root, 0)',
    ),
    at('S64', 'default', 'zap-covers-address-spaces', 0),
  ),
  mutation(
    'everything is zapped in one address space',
    edit(
      'tdp_mmu.c',
      '__for_each_tdp_mmu_root_yield_safe(kvm, root, -1,',
      '__for_each_tdp_mmu_root_yield_safe(kvm, root, 0,',
    ),
    at('S64', 'default', 'unmap-before-free', 0),
  ),
  mutation(
    'a fast zap replaces the roots of one address space',
    edit(
      'tdp_mmu.c',
      'if (!tdp_mmu_root_match(root, root_types))\n\t\t\tcontinue;\n\n',
      'if (!tdp_mmu_root_match(root, root_types) || kvm_mmu_page_as_id(root))\n\t\t\tcontinue;\n\n',
    ),
    at('S64', 'default', 'slot-delete-leaves-nothing', 0),
  ),
  mutation(
    'a root is looked for in all address spaces, by its level',
    [
      edit(
        'tdp_mmu.c',
        'for_each_valid_tdp_mmu_root_yield_safe(kvm, root, as_id)',
        'for_each_valid_tdp_mmu_root_yield_safe(kvm, root, -1)',
      ),
      edit(
        'tdp_mmu.c',
        'if (root->role.word == role.word)\n',
        'if (root->role.level == role.level && root->role.is_mirror == role.is_mirror)\n',
      ),
    ],
    at('S64', 'default', 'root-of-address-space slot-delete-leaves-nothing', 0),
  ),
  mutation(
    'the role of a root does not say whether it is that of SMM',
    edit('mmu.c', 'role.smm = cpu_role.base.smm;', 'role.smm = 0;'),
    at('S61', 'default', 'root-of-address-space', 0),
    at('S64', 'default', 'root-of-address-space slot-delete-leaves-nothing', 0),
  ),
  mutation(
    "going into SMM and out of it keeps the vCPU's root",
    edit('edge/smm.c', '	}\n\n	kvm_mmu_reset_context(vcpu);\n}', '	}\n}'),
    at('S61', 'default', 'root-of-address-space', 0),
  ),
  mutation(
    'faults in SMM find the memslots outside of it',
    edit('kvm_host.h', '(vcpu)->arch.hflags & HF_SMM_MASK ? 1 : 0', '0'),
    at('S64', 'default', 'mmio-where-no-slot', 0),
  ),
  mutation(
    'the memslot of a table of SMM is looked for outside of it',
    edit('kvm_host.h', '__kvm_memslots(kvm, (role).smm)', '__kvm_memslots(kvm, 0)'),
    at('S64', 'default', 'kernel-warning', 0),
  ),
  mutation(
    'what is logged of SMM is write-protected elsewhere',
    edit(
      'tdp_mmu.c',
      'for_each_valid_tdp_mmu_root_yield_safe(kvm, root, slot->as_id)\n\t\tspte_set |= wrprot_gfn_range(',
      'for_each_valid_tdp_mmu_root_yield_safe(kvm, root, 0)\n\t\tspte_set |= wrprot_gfn_range(',
    ),
    at('S64', 'default', 'dirty-log-complete', 0),
  ),
  mutation(
    'memslots may be in an address space that the VM does not have',
    edit(
      'kvm_main.c',
      'if (as_id >= kvm_arch_nr_memslot_as_ids(kvm) || id >= KVM_MEM_SLOTS_NUM)',
      'if (as_id >= KVM_MAX_NR_ADDRESS_SPACES || id >= KVM_MEM_SLOTS_NUM)',
    ),
    at('S30', 'sw-protected', 'gmem-slot-restricted', 0),
    at('S30', 'tdx', 'gmem-slot-restricted', 0),
  ),
];
