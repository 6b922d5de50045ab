import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findKernelTree } from '../../../../server/kernel/tree/find';
import { freshFolder, TREE, write } from './kernel-repository';

test('a folder inside a kernel tree finds it, and whether it is a clone', async () => {
  const dir = freshFolder();
  write(dir, TREE);
  expect(await findKernelTree(join(dir, 'arch/x86/kvm'))).toEqual({ tree: dir, git: null });
  mkdirSync(join(dir, '.git'));
  expect(await findKernelTree(dir)).toEqual({ tree: dir, git: dir });
});

test('a folder outside of every kernel tree finds none', async () => {
  const dir = freshFolder();
  mkdirSync(join(dir, 'a/b'), { recursive: true });
  expect(await findKernelTree(join(dir, 'a/b'))).toBeNull();
  expect(await findKernelTree(join(dir, 'nowhere'))).toBeNull();
});

test('the home folder and what is above it are not looked at', async () => {
  const dir = freshFolder();
  write(dir, TREE);
  mkdirSync(join(dir, 'home/me/work'), { recursive: true });
  expect(await findKernelTree(join(dir, 'home/me/work'), join(dir, 'home/me'))).toBeNull();
  expect(await findKernelTree(dir, dir)).toBeNull();
  expect(await findKernelTree(join(dir, 'home/me/work'), '/elsewhere')).toEqual({ tree: dir, git: null });
});
