import { describe, expect, it } from 'vitest';
import { sameTexts } from '../../../server/review/same-texts';

describe('texts that were met before', () => {
  it('are those with the same files and texts, in any order', () => {
    const same = sameTexts(10);
    const first = { 'a.c': 'a', 'b.c': 'b' };
    expect(same(first)).toBe(first);
    expect(same({ 'b.c': 'b', 'a.c': 'a' })).toBe(first);
    expect(same({ 'a.c': 'a' })).not.toBe(first);
    expect(same({ 'a.c': 'a', 'b.c': 'c' })).not.toBe(first);
    expect(same({ 'a.c': 'a', 'c.c': 'b' })).not.toBe(first);
    expect(same({})).toEqual({});
    expect(same({ 'a.c': 'a', 'b.c': 'b' })).toBe(first);
  });

  it('are files of their own, not what every object has', () => {
    const same = sameTexts(10);
    const first = { toString: 'text' };
    same({});
    expect(same(first)).toBe(first);
    expect(same({ 'a.c': 'text' })).not.toBe(first);
  });

  it('are forgotten when they were not met for long', () => {
    const same = sameTexts(2);
    const [a, b, c] = [{ a: '1' }, { a: '2' }, { a: '3' }];
    same(a);
    same(b);
    expect(same({ a: '1' })).toBe(a);
    same(c);
    expect(same({ a: '1' })).toBe(a);
    expect(same({ a: '2' })).not.toBe(b);
  });
});
