/**
 * Long-lived `git cat-file --batch`: names in, objects out, in order. It knows that protocol, and
 * restarts the process where it ended.
 */

import { complaintOf, type GitProcess, type GitRun, spawnGit } from './git';
import { printable, TreeError } from './tree-error';

export type GitObject =
  | {
      readonly kind: 'object';
      readonly id: string;
      readonly type: 'blob' | 'tree' | 'commit' | 'tag';
      /** Bytes. */
      readonly size: number;
      /** Only where contents were asked for, and within the limit. */
      readonly bytes: Buffer | null;
    }
  /** `link`: a symbolic link that leaves the tree, leads nowhere or in a circle. */
  | { readonly kind: 'missing' | 'ambiguous' | 'link' };

export interface ObjectReader {
  /** One answer per name, in order. Throws TreeError: cancelled, too late, git ended. */
  ask(names: readonly string[]): Promise<GitObject[]>;
  close(): Promise<void>;
}

interface Question {
  readonly resolve: (answer: GitObject) => void;
  readonly reject: (error: TreeError) => void;
}

const FOUND = /^([0-9a-f]{40,64}) (blob|tree|commit|tag) (\d{1,15})$/;
const LINK = /^(?:symlink|dangling|loop|notdir) (\d{1,6})$/;
const MAX_HEADER = 16 << 10;
/** Names are written in portions, so that a long list is not all in the pipe at once. */
const PORTION = 256;

export function openReader(mode: '--batch' | '--batch-check', run: GitRun): ObjectReader {
  return new BatchReader(mode, run);
}

class BatchReader implements ObjectReader {
  private child: GitProcess | null = null;
  private questions: Question[] = [];
  private chunks: Buffer[] = [];
  private have = 0;
  /** Bytes that must be there before the next answer can be read. */
  private need = 1;
  private timer: NodeJS.Timeout | null = null;
  private readonly cancel = () => this.fail('Reading the clone was cancelled.');

  constructor(
    private readonly mode: '--batch' | '--batch-check',
    private readonly run: GitRun,
  ) {
    run.signal?.addEventListener('abort', this.cancel);
  }

  async ask(names: readonly string[]): Promise<GitObject[]> {
    const answers: GitObject[] = [];
    for (let at = 0; at < names.length; at += PORTION) {
      const portion = names.slice(at, at + PORTION);
      for (const answer of await Promise.all(portion.map((name) => this.askOne(name)))) answers.push(answer);
    }
    return answers;
  }

  private askOne(name: string): Promise<GitObject> {
    // A line break would be a second question, and leave answers without one.
    if (name === '' || /[\0\n\r]/.test(name)) return Promise.resolve({ kind: 'missing' });
    if (this.run.signal?.aborted) return Promise.reject(new TreeError('Reading the clone was cancelled.'));
    return new Promise((resolve, reject) => {
      const child = this.child ?? this.start();
      this.questions.push({ resolve, reject });
      this.watch();
      child.stdin.write(`${name}\n`);
    });
  }

  private start(): GitProcess {
    const child = spawnGit(['cat-file', this.mode, '--follow-symlinks'], this.run);
    const complaint = complaintOf(child.stderr);
    this.child = child;
    child.stdout.on('data', (chunk: Buffer) => {
      if (this.child === child) this.take(chunk);
    });
    const ended = () => {
      if (this.child === child) this.fail(`git ended while objects were read (${complaint() || 'without a word'}).`);
    };
    child.on('error', ended);
    child.on('close', ended);
    return child;
  }

  /** The time counts from the last sign of life. */
  private watch(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    if (this.questions.length === 0) return;
    this.timer = setTimeout(() => this.fail('git took too long to read an object.'), this.run.limits.milliseconds);
  }

  private fail(why: string): void {
    const { child, questions } = this;
    this.child = null;
    this.questions = [];
    this.chunks = [];
    this.have = 0;
    this.need = 1;
    this.watch();
    child?.kill('SIGKILL');
    for (const { reject } of questions) reject(new TreeError(why));
  }

  private take(chunk: Buffer): void {
    this.chunks.push(chunk);
    this.have += chunk.length;
    if (this.have < this.need) return;
    let rest: Buffer = this.chunks.length === 1 ? chunk : Buffer.concat(this.chunks);
    for (;;) {
      const answer = this.answerIn(rest);
      if (answer === null) break;
      rest = rest.subarray(answer.end);
      this.questions.shift()?.resolve(answer.object);
    }
    if (this.child === null) return;
    this.chunks = rest.length > 0 ? [rest] : [];
    this.have = rest.length;
    this.watch();
  }

  /** The first answer in `text`; null where it isn't whole, and `need` then says how much it takes. */
  private answerIn(text: Buffer): { object: GitObject; end: number } | null {
    const line = text.indexOf(10);
    this.need = text.length + 1;
    if (line < 0) {
      if (text.length > MAX_HEADER) this.fail('git answered what could not be understood.');
      return null;
    }
    const header = text.toString('utf8', 0, line);
    const link = LINK.exec(header);
    const found = FOUND.exec(header);
    if (link === null && found === null) return this.absent(header, line + 1);
    const size = Number(link?.[1] ?? found?.[3]);
    if (found !== null && this.mode === '--batch-check') {
      return { object: objectOf(found, size, null), end: line + 1 };
    }
    const end = line + 1 + size + 1;
    if (text.length < end) {
      this.need = end;
      return null;
    }
    const bytes = Buffer.from(text.subarray(line + 1, end - 1));
    return { object: found === null ? { kind: 'link' } : objectOf(found, size, bytes), end };
  }

  private absent(header: string, end: number): { object: GitObject; end: number } | null {
    if (header.endsWith(' missing')) return { object: { kind: 'missing' }, end };
    if (header.endsWith(' ambiguous')) return { object: { kind: 'ambiguous' }, end };
    this.fail(`git answered what could not be understood (${printable(header)}).`);
    return null;
  }

  async close(): Promise<void> {
    this.run.signal?.removeEventListener('abort', this.cancel);
    const { child } = this;
    const closed = child === null ? null : new Promise<void>((resolve) => child.once('close', () => resolve()));
    this.fail('The clone was closed.');
    await closed;
  }
}

function objectOf(found: RegExpExecArray, size: number, bytes: Buffer | null): GitObject {
  return { kind: 'object', id: found[1] ?? '', type: found[2] as 'blob' | 'tree' | 'commit' | 'tag', size, bytes };
}
