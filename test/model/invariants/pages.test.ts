import { describe, expect, it } from 'vitest';
import { invariantById, invariants } from '../../../model/invariants';

describe('the list of invariants', () => {
  it('has each id once, as words joined by hyphens', () => {
    const ids = invariants.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^[a-z]+(-[a-z]+)*$/);
  });

  it('has a page for each: rule, reason, source, example', () => {
    for (const { id, title, statement, why, source, example, vm } of invariants) {
      for (const text of [title, statement, why, source, example]) expect(text.length, id).toBeGreaterThan(5);
      for (const text of [statement, why, example]) expect(text, id).toMatch(/\.\)?$/);
      expect(vm.length, id).toBeGreaterThan(0);
    }
  });

  it('has the oracles last', () => {
    const kinds = invariants.map(({ kind }) => kind);
    expect(kinds.lastIndexOf('state')).toBeLessThan(kinds.indexOf('oracle'));
    expect(kinds.filter((kind) => kind === 'oracle')).toHaveLength(7);
  });

  it('finds one by id', () => {
    expect(invariantById('unmap-before-free')?.kind).toBe('state');
    expect(invariantById('no-such-thing')).toBeUndefined();
  });
});
