/** The kernel trees that patches are made on: those of the releases, and copies with a bug in them. */
import { copyFileSync, linkSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { applyEdit, type Edit, type Release } from '../edit';
import { fetchKernel, haveKernel } from '../fetch.mjs';

/** Finds, or fetches, the source of each release. */
export function sources(releases: readonly Release[]): (release: Release) => string {
  const folders = new Map(
    [...new Set(releases)].map((release) => [release, haveKernel(release) ?? fetchKernel(release)]),
  );
  return (release) => {
    const folder = folders.get(release);
    if (folder === undefined) throw new Error(`the source of ${release} was not asked for`);
    return folder;
  };
}

/** The parts of a kernel tree that a review reads. */
const PARTS = ['arch/x86', 'virt/kvm', 'include', 'Makefile'];

/** The same file in another place, without its bytes being copied where the file system allows it. */
function share(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to);
  }
}

function shareFolder(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) shareFolder(source, target);
    else if (entry.isFile()) share(source, target);
  }
}

/** Makes, at `folder`, the tree at `kernelRoot` with the edit in it. The tree itself is left as it is. */
export function makeTreeWith(kernelRoot: string, edit: Edit, folder: string): void {
  for (const part of PARTS) {
    mkdirSync(join(folder, part, '..'), { recursive: true });
    if (part === 'Makefile') share(join(kernelRoot, part), join(folder, part));
    else shareFolder(join(kernelRoot, part), join(folder, part));
  }
  const file = join(folder, edit.file);
  const text = applyEdit(readFileSync(file, 'utf8'), edit);
  // The link, not what it shares.
  rmSync(file);
  writeFileSync(file, text);
}
