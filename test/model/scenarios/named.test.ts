import { describe, expect, it } from 'vitest';
import { bugs } from '../../kernel/bugs';
import { mutations } from './mutations';
import { NAMED, OTHERWISE } from './named';

const all = Object.values(mutations).flat();
const titles = new Set(all.map(({ title }) => title));

describe('the mutations that domain.md names', () => {
  it('are there for each of its scenarios', () => {
    const wanted = Array.from({ length: 37 }, (_, i) => `S${String(i + 1).padStart(2, '0')}`);
    expect([...new Set(NAMED.map(({ scenario }) => scenario))]).toEqual(wanted);
  });

  it.each(NAMED)('$scenario, $mutation: is shown, or says why not', ({ shown, why }) => {
    for (const title of shown) expect(titles).toContain(title);
    expect(shown.length > 0).toBe(why === undefined);
    if (why !== undefined) expect(why).toMatch(/^[A-Z].{20,}\.$/s);
  });
});

describe('mutations whose texts the kernel does not have', () => {
  it.each(Object.entries(OTHERWISE))('%s: a seeded bug stands for it, or it says why not', (title, other) => {
    expect(titles).toContain(title);
    if ('bug' in other) expect(bugs.map(({ id }) => id)).toContain(other.bug);
    else expect(other.why).toMatch(/^[A-Z].{20,}\.$/s);
  });
});
