import { describe, expect, it } from 'vitest';
import { DocumentReview, type Known } from '../../../server/lsp/documents';
import { createFakeReviewer } from './fake-reviewer';
import { PATCH } from './patches';

const OPTIONS = { vm: [], preemptions: 2, budgetSeconds: 0, jobs: 1 };
const source = (version: number) => ({ uri: 'file:///a.patch', version, text: PATCH });

function start(delay: number, grace = 60_000): { review: DocumentReview; seen: Known[] } {
  const seen: Known[] = [];
  const listener = {
    changed: (known: Known) => void seen.push(known),
    started: () => ({ progress: () => {}, ended: () => {} }),
  };
  return { review: new DocumentReview(createFakeReviewer({ delay }), listener, 'file:///a.patch', grace), seen };
}

describe('the review of a document', () => {
  it('goes from reading to running to done', async () => {
    const { review, seen } = start(0);
    await review.review(source(1), OPTIONS);
    expect(seen.map(({ state }) => state)).toEqual(['running', 'running', 'running', 'running', 'done']);
    expect(seen.at(-1)).toMatchObject({ version: 1, early: [], reviews: [{ verdict: 'findings' }] });
  });

  it('never tells of an older version once a newer one has begun', async () => {
    const { review, seen } = start(20);
    const first = review.review(source(1), OPTIONS);
    const second = review.review(source(2), OPTIONS);
    expect((await first).state).toBe('cancelled');
    expect((await second).state).toBe('done');
    const begun = seen.findIndex(({ version }) => version === 2);
    expect(seen.slice(begun).filter(({ version }) => version === 1)).toEqual([]);
  });

  it('keeps what was found when it is stopped', async () => {
    const { review } = start(60_000);
    const stop = new AbortController();
    const running = review.review(source(1), OPTIONS, stop.signal);
    await expect.poll(() => review.known.early.length).toBe(1);
    stop.abort();
    expect(await running).toMatchObject({ state: 'cancelled', early: [{ patch: 0 }] });
  });

  it('is ended, and called failed, when it goes on beyond its budget', async () => {
    const { review } = start(60_000, 10);
    const known = await review.review(source(1), OPTIONS);
    expect(known).toMatchObject({ state: 'failed', message: 'it went on far beyond its budget and was stopped' });
  });

  it('starts once when changes follow each other', async () => {
    const { review, seen } = start(0);
    review.schedule(source(1), OPTIONS, 5);
    review.schedule(source(2), OPTIONS, 5);
    await expect.poll(() => review.known.state).toBe('done');
    expect(seen.filter(({ state, version }) => state === 'running' && version === 1)).toEqual([]);
  });
});
