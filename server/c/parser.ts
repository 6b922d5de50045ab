/**
 * Tree-sitter behind one small interface: the native binding, or the same grammar as WebAssembly where
 * the binding can't load. The only file that imports either. A tree is copied into plain records at
 * once, so nothing of the library's lives on.
 */

import { createRequire } from 'node:module';

/** A node of the syntax tree, copied. Only named nodes, ERROR and MISSING are kept. */
export interface SyntaxNode {
  readonly type: string;
  /** UTF-16 offsets into the parsed text. */
  readonly start: number;
  readonly end: number;
  /** Name of the field under which the parent holds it, if any. */
  readonly field: string | null;
  /** The parser made it up to go on. */
  readonly missing: boolean;
  readonly children: readonly SyntaxNode[];
}

export interface CParser {
  readonly kind: 'native' | 'wasm';
  /** Parse C. Never fails: what does not parse is inside nodes of type `ERROR` or `missing` ones. */
  parse(text: string): SyntaxNode;
}

/** What both bindings' cursors have in common. */
interface Cursor {
  readonly nodeType: string;
  readonly nodeIsNamed: boolean;
  readonly nodeIsMissing: boolean;
  readonly startIndex: number;
  readonly endIndex: number;
  readonly currentFieldName: string | null | undefined;
  gotoFirstChild(): boolean;
  gotoNextSibling(): boolean;
  gotoParent(): boolean;
}

const MAX_DEPTH = 1500;

function copy(cursor: Cursor, depth: number): SyntaxNode | null {
  const missing = cursor.nodeIsMissing;
  if (!missing && !cursor.nodeIsNamed) return null;
  const children: SyntaxNode[] = [];
  const node = {
    type: cursor.nodeType,
    start: cursor.startIndex,
    end: cursor.endIndex,
    field: cursor.currentFieldName ?? null,
    missing,
    children,
  };
  if (depth >= MAX_DEPTH) return { ...node, type: 'ERROR' };
  if (cursor.gotoFirstChild()) {
    do {
      const child = copy(cursor, depth + 1);
      if (child !== null) children.push(child);
    } while (cursor.gotoNextSibling());
    cursor.gotoParent();
  }
  return node.type === 'update_expression' ? bindTighter(node) : node;
}

/**
 * The grammar reads `!x++` as `(!x)++`; in C the postfix operator binds tighter than any prefix one.
 * Turns the two around, however many prefix operators there are.
 */
function bindTighter(update: SyntaxNode): SyntaxNode {
  const unary = update.children[0];
  if (unary?.type !== 'unary_expression' || unary.start !== update.start) return update;
  const operand = unary.children.find(({ field }) => field === 'argument');
  if (operand === undefined) return update;
  const inner = bindTighter({ ...update, start: operand.start, field: 'argument', children: [operand] });
  const rest = unary.children.map((child) => (child === operand ? inner : child));
  return { ...unary, end: update.end, field: update.field, children: rest };
}

const EMPTY: SyntaxNode = { type: 'ERROR', start: 0, end: 0, field: null, missing: false, children: [] };

/** A file of an installed package, found the way Node finds it. */
function packageFile(name: string, file: string): string {
  return createRequire(import.meta.url).resolve(`${name}/${file}`);
}

function createNative(): CParser {
  const require = createRequire(import.meta.url);
  const Parser = require('tree-sitter') as typeof import('tree-sitter');
  const parser = new Parser();
  parser.setLanguage(require('tree-sitter-c'));
  return {
    kind: 'native',
    parse(text) {
      const bufferSize = Math.max(32 * 1024, text.length * 4);
      const tree = parser.parse(text, undefined, { bufferSize });
      return copy(tree.walk() as unknown as Cursor, 0) ?? EMPTY;
    },
  };
}

/** Where the two WebAssembly files are; by default those of the installed packages. */
export interface WasmFiles {
  readonly runtime?: string;
  readonly grammar?: string;
}

async function createWasm(files: WasmFiles): Promise<CParser> {
  const { Language, Parser } = await import('web-tree-sitter');
  const runtime = files.runtime ?? packageFile('web-tree-sitter', 'tree-sitter.wasm');
  await Parser.init({ locateFile: () => runtime } as unknown as Parameters<typeof Parser.init>[0]);
  const language = await Language.load(files.grammar ?? packageFile('tree-sitter-c', 'tree-sitter-c.wasm'));
  const parser = new Parser();
  parser.setLanguage(language);
  return {
    kind: 'wasm',
    parse(text) {
      const tree = parser.parse(text);
      if (tree === null) return EMPTY;
      const cursor = tree.walk();
      const root = copy(cursor as unknown as Cursor, 0) ?? EMPTY;
      cursor.delete();
      tree.delete();
      return root;
    },
  };
}

/** A C parser: native where its binding loads, else WebAssembly ('auto'); or the one asked for. */
export async function createParser(kind: 'native' | 'wasm' | 'auto' = 'auto', files: WasmFiles = {}): Promise<CParser> {
  if (kind === 'native') return createNative();
  if (kind === 'wasm') return createWasm(files);
  try {
    return createNative();
  } catch {
    return createWasm(files);
  }
}
