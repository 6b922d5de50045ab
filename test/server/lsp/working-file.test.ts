/** C files of a kernel tree as the language server sees them: which it takes, and what it hands on. */
import { afterEach, describe, expect, it } from 'vitest';
import { METHODS, type ReviewResult } from '../../../server/lsp/protocol';
import type { Reviewer, ReviewInput } from '../../../server/lsp/reviewer';
import { type Client, type ClientOptions, connect } from './client';
import { fakeParts } from './fake-parts';
import { createFakeReviewer } from './fake-reviewer';
import { PATCH } from './patches';

const FILE = '/src/linux/arch/x86/kvm/mmu/mmu.c';
const URI = `file://${FILE}`;
const TEXT = 'int kvm_size(struct kvm *kvm)\n{\n\treturn 0;\n}\n';

let client: Client;
afterEach(() => client?.close());

/** A reviewer that has the given patch for every C file, or a reason for having none; and what it was given. */
async function start(options: ClientOptions = {}, idle?: string): Promise<ReviewInput[]> {
  const inputs: ReviewInput[] = [];
  const fake = createFakeReviewer();
  const asPatch = (input: ReviewInput): ReviewInput => (input.file === undefined ? input : { ...input, text: PATCH });
  const reviewer: Reviewer = {
    ...fake,
    async outline(input, hooks) {
      inputs.push(input);
      if (idle !== undefined) return { patches: [], remarks: [], idle };
      return { ...(await fake.outline(asPatch(input), hooks)), root: '/src/linux' };
    },
    review: (input, wanted, hooks) => fake.review(asPatch(input), wanted, hooks),
  };
  client = await connect(fakeParts(reviewer), options);
  return inputs;
}

const latest = (uri = URI) => client.statuses.filter((status) => status.uri === uri).at(-1);
const reached = (state: string, uri = URI) => client.until(() => (latest(uri)?.state === state ? true : undefined));

describe("a C file of KVM's", () => {
  it('is reviewed as a file, and carries the findings itself', async () => {
    const inputs = await start();
    await client.open(URI, TEXT, 'c');
    await reached('done');
    expect(inputs).toEqual([
      {
        name: URI,
        text: TEXT,
        file: FILE,
        others: [],
        tree: { setting: '', folders: ['/src/linux/arch/x86/kvm/mmu'], trusted: true },
      },
    ]);
    const found = client.diagnostics.get(URI)?.diagnostics ?? [];
    expect(found.map(({ code }) => code)).toContain('slot-delete-leaves-nothing');
  });

  it('counts as it stands in the editor, and so do the others that are open', async () => {
    const inputs = await start();
    const other = 'file:///src/linux/arch/x86/kvm/mmu/spte.h';
    await client.open(other, 'int a;\n', 'cpp');
    await reached('done', other);
    await client.open(URI, TEXT, 'c');
    await reached('done');
    expect(inputs.at(-1)?.others).toEqual([{ file: '/src/linux/arch/x86/kvm/mmu/spte.h', text: 'int a;\n' }]);
    const contentChanges = [{ text: `${TEXT}\n` }];
    await client.notify('textDocument/didChange', { textDocument: { uri: URI, version: 2 }, contentChanges });
    await client.until(() => (latest()?.version === 2 && latest()?.state === 'done' ? true : undefined));
    expect(inputs.at(-1)?.text).toBe(`${TEXT}\n`);
  });

  it('is left alone, with a reason, when there is nothing to review', async () => {
    await start({}, 'this file is as it is in HEAD');
    await client.open(URI, TEXT, 'c');
    await client.until(() => (latest()?.message === '' ? undefined : latest()));
    await reached('ignored');
    expect(latest()?.message).toBe('this file is as it is in HEAD');
    expect(client.diagnostics.get(URI)?.diagnostics).toEqual([]);
    await expect(client.request<ReviewResult>(METHODS.review, { uri: URI, force: true })).rejects.toThrow(
      'this file is as it is in HEAD',
    );
  });

  it('is not reviewed where the settings say so', async () => {
    const inputs = await start({ initializationOptions: { kvmMmu: { reviewWorkingTree: false } } });
    await client.open(URI, TEXT, 'c');
    await reached('ignored');
    expect(inputs).toEqual([]);
  });

  it.each([
    ['of another part of the kernel', 'file:///src/linux/mm/memory.c'],
    ['of another architecture', 'file:///src/linux/arch/arm64/kvm/mmu.c'],
    ['of no kernel', 'file:///src/project/main.c'],
    ['of a file system that git does not read', 'vscode-vfs://github/linux/arch/x86/kvm/mmu/mmu.c'],
  ])('is not one %s, even where it quotes a patch', async (_, uri) => {
    const inputs = await start();
    await client.open(uri, `/*\n${PATCH}*/\n`, 'c');
    await reached('ignored', uri);
    expect(inputs).toEqual([]);
  });
});

describe('the kernel tree of a patch', () => {
  const PATCH_URI = 'file:///mail/0001.patch';

  it("is the settings' one, or that of the document's folder and the workspace", async () => {
    const workspace = { kvmMmu: { tree: '/src/linux' } };
    const inputs = await start({ initializationOptions: workspace, folders: ['file:///src/other'] });
    await client.open(PATCH_URI, PATCH);
    await reached('done', PATCH_URI);
    expect(inputs.map(({ tree, file }) => [tree, file])).toEqual([
      [{ setting: '/src/linux', folders: ['/mail', '/src/other'], trusted: true }, undefined],
    ]);
  });

  it('is looked for only once the user trusts the workspace', async () => {
    const inputs = await start({ initializationOptions: { trusted: false } });
    await client.open(PATCH_URI, PATCH);
    await reached('done', PATCH_URI);
    await client.notify(METHODS.trust, {});
    await client.until(() => (inputs.length === 2 ? true : undefined));
    expect(inputs.map(({ tree }) => tree?.trusted)).toEqual([false, true]);
  });
});
