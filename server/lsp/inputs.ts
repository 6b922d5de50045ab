/**
 * What of an open document is handed to a review: its text, the file that it is if it is one of KVM's C
 * files, and where a kernel tree may be. It opens no file.
 */

import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pathScope } from '../kernel/scope';
import type { ReviewInput, TreeWish } from './reviewer';
import type { Settings } from './settings';

/** The part of a text document that matters here. */
export interface Document {
  readonly uri: string;
  readonly languageId: string;
  getText(): string;
}

/** What is known beside the document itself. */
export interface Surroundings {
  readonly settings: Pick<Settings, 'tree'>;
  /** URIs of the workspace's folders. */
  readonly folders: readonly string[];
  readonly trusted: boolean;
  /** Every open document. */
  readonly documents: readonly Document[];
}

/** Editors take headers for C++. */
const LANGUAGES: ReadonlySet<string> = new Set(['c', 'cpp']);
const KERNEL_FOLDERS = /\/(?=(?:arch\/x86|virt|include)\/)/g;

/** Whether the editor takes the document for C: then it is no patch, whatever it holds. */
export function isC({ languageId }: Pick<Document, 'languageId'>): boolean {
  return LANGUAGES.has(languageId);
}

/** The path on disk of a C file whose place in its folders is that of one of KVM's; null for any other document. */
export function kernelFile(document: Pick<Document, 'uri' | 'languageId'>): string | null {
  if (!isC(document)) return null;
  const path = pathOf(document.uri);
  if (path === null || !/\.[ch]$/.test(path)) return null;
  const plain = path.replaceAll('\\', '/');
  const starts = [...plain.matchAll(KERNEL_FOLDERS)].map(({ index }) => index + 1);
  return starts.some((start) => pathScope(plain.slice(start)) !== 'out') ? path : null;
}

function pathOf(uri: string): string | null {
  if (!uri.startsWith('file:')) return null;
  try {
    return fileURLToPath(uri);
  } catch {
    return null;
  }
}

/** What a review of the document is given. */
export function inputOf(document: Document, around: Surroundings): ReviewInput {
  const input = { name: document.uri, text: document.getText(), tree: wishOf(document, around) };
  const file = kernelFile(document);
  if (file === null) return input;
  const others = around.documents.flatMap((other) => {
    const path = other.uri === document.uri ? null : kernelFile(other);
    return path === null ? [] : [{ file: path, text: other.getText() }];
  });
  return { ...input, file, others };
}

function wishOf({ uri }: Document, { settings, folders, trusted }: Surroundings): TreeWish {
  const own = pathOf(uri);
  const near = [...(own === null ? [] : [dirname(own)]), ...folders.flatMap((folder) => pathOf(folder) ?? [])];
  return { setting: settings.tree, folders: [...new Set(near)], trusted };
}
