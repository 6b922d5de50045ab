import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunResult, Scenario } from '../../../model/explore/types';
import { scenarioById, scenarios } from '../../../model/scenarios';
import { loadReference } from '../../../server/kernel/reference';
import { readInput } from '../../../server/patch/read';
import type { PatchMail } from '../../../server/patch/types';
import { createWorker, probeBounds, type Worker } from '../../../server/review/execute-job';
import { createReviewer } from '../../../server/review/index';
import { DEFAULT_BOUNDS, type Job, type Outline, type Overrides, type Runner } from '../../../server/review/jobs';
import { reachableFrom } from '../../../server/review/reachable';
import { reviewPlaced } from '../../../server/review/review-placed';
import { situations } from '../../../server/review/select';
import { openSeries } from '../../../server/review/series';
import { openSession } from '../../../server/review/session';
import { program } from '../c/compiler';
import { freshFolder } from '../kernel/tree/kernel-repository';
import { patchOf, type ReferenceEdit } from './make-patch';

const scenario = (setup: string, ...entries: readonly string[]): Scenario => ({
  ...(scenarioById('S02') as Scenario),
  setup,
  threads: entries.map((entry) => ({ name: entry, entry, args: [] })),
});

const TEXT = `struct ops { int (*run)(int x); };
static int by_table(int x) { return x; }
static int by_address(int x) { return x + 1; }
static int by_call(int x) { return x ? by_call(x - 1) : 0; }
static int never(int x) { return by_call(x); }
static int never_table(int x) { return never(x); }
static struct ops table = { .run = by_table };
static struct ops *tables[] = { &table };
static struct ops unused = { .run = never_table };
int set_up(void) { return 0; }
int thread(int x) { int (*f)(int) = x ? by_address : tables[0]->run; return f(x) + by_call(x); }
int other(void) { return unused.run(1); }
`;

describe('what a scenario could enter', () => {
  it('is what it calls, takes the address of, and meets in objects', async () => {
    const compiled = await program(TEXT);
    expect(compiled.problems).toEqual([]);
    const names = (scenarios: readonly Scenario[]) => [...reachableFrom(compiled, scenarios)].sort();
    const first = ['by_address', 'by_call', 'by_table', 'set_up', 'thread'];
    expect(names([scenario('set_up', 'thread')])).toEqual(first);
    expect(names([scenario('set_up', 'other')])).toEqual(['by_call', 'never', 'never_table', 'other', 'set_up']);
    expect(names([scenario('set_up', 'thread'), scenario('set_up', 'other')])).toHaveLength(8);
    expect(names([scenario('nowhere')])).toEqual([]);
  });
});

/** In a function that deleting a memslot never comes to; and in one that does it. */
const HOLE = '/* Bindings must not change between start and end. */\n\tfilemap_invalidate_lock(inode->i_mapping);';
const SLOT = '\tif (zap_all)\n\t\t__kvm_mmu_zap_all_fast_back_half(kvm);';

describe('what a run enters', () => {
  const BOUNDS = probeBounds(DEFAULT_BOUNDS);
  const SITUATION = { scenario: 'S02', vm: 'default', bounds: BOUNDS } as const;
  const MAIN = 'model/reference/mmu.c';
  let folder: string;
  let worker: Worker;
  beforeAll(async () => {
    folder = join(freshFolder(), 'cache');
    mkdirSync(folder);
    worker = await createWorker(process.cwd(), { folder, engine: 'engine' });
  });

  const entered = (by: Worker) => by.execute({ kind: 'entered', ...SITUATION }) as readonly string[] | null;
  const run = (overrides: Overrides, invariants: readonly string[] | null = null) => {
    const cancel = new SharedArrayBuffer(4);
    const job = { kind: 'run', overrides, ...SITUATION, invariants, cancel, urgency: 'look' } as const;
    return worker.execute(job) as RunResult;
  };

  it('could be entered, and is known once unmodified code has run, whichever files stand for themselves', async () => {
    expect(entered(worker)).toBeNull();
    run({ [MAIN]: '\n' });
    expect(entered(worker)).toBeNull();
    const { functions } = run({ [MAIN]: readFileSync(MAIN, 'utf8') }, []);
    expect(functions).toContain('kvm_arch_flush_shadow_memslot');
    expect(entered(worker)).toEqual(functions);
    expect(entered(await createWorker(process.cwd(), { folder, engine: 'another' }))).toBeNull();
    const { reachable } = worker.execute({ kind: 'outline', overrides: {} }) as Outline;
    expect(functions.filter((name) => !reachable.includes(name))).toEqual([]);
  });

  it('need not be run again to learn that it never comes to what a patch changes', async () => {
    const wanted = { vm: ['default' as const], scenario: ['S02'] };
    const reviewed = async (edit: ReferenceEdit) => {
      const { patches } = await readInput({ name: 'x.patch', bytes: patchOf('x', [edit]) });
      const { patch } = await openSeries(await loadReference(process.cwd()), null, null).place(patches[0] as PatchMail);
      const ran: string[] = [];
      const execute = async (job: Job) => {
        if (job.kind === 'run') ran.push(job.scenario);
        return worker.execute(job);
      };
      const jobs = { run: execute, replay: execute, minimise: execute, outline: execute, difference: execute };
      const runner = { ...jobs, entered: execute, close: async () => {} } as unknown as Runner;
      const limits = { bounds: BOUNDS, budget: 300_000, invariants: null, signal: null, tree: null };
      const session = openSession({ runner, ...limits });
      const all = situations(scenarios, wanted);
      const review = await reviewPlaced(
        patch,
        all,
        false,
        session,
        () => {},
        () => {},
      );
      session.close();
      return { ran, ...review };
    };
    run({});
    const hole = await reviewed({ file: 'guest_memfd.c', changes: [{ from: HOLE, to: `${HOLE}\n\tend++;` }] });
    expect([hole.ran, hole.coverage.notReached.length, hole.runs.complete]).toEqual([[], 1, true]);
    const slot = await reviewed({ file: 'mmu.c', changes: [{ from: SLOT, to: `\tflush = false;\n${SLOT}` }] });
    expect([slot.ran.length > 0, slot.coverage.executed]).toEqual([true, 1]);
  });
});

const UNKNOWN_TO_THE_REFERENCE = `--- a/virt/kvm/kvm_main.c
+++ b/virt/kvm/kvm_main.c
@@ -10,3 +10,4 @@ static int kvm_write_a_diary(struct kvm *kvm)
 	int pages = 0;
 
+	pages++;
 	return pages;
`;

describe('a patch to code that no scenario can come to', () => {
  const reviewer = createReviewer({ root: process.cwd(), workerScript: null, jobs: 1 });
  afterAll(() => reviewer.close());

  it('is told to be incomplete without a run', async () => {
    const bytes = new TextEncoder().encode(UNKNOWN_TO_THE_REFERENCE);
    const [review] = await reviewer.review({ name: 'x.patch', bytes }, { preemptions: 0, budgetSeconds: 300 });
    expect(review).toMatchObject({ verdict: 'incomplete', runs: { scenarios: 0, states: 0, complete: true } });
    expect(review?.coverage.notUnderstood.length).toBeGreaterThan(0);
  });
});
