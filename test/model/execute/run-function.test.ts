import { describe, expect, it } from 'vitest';
import type { Expr, Scalar, Value } from '../../../model/execute/program';
import { runFunction } from '../../../model/execute/run-function';
import {
  assemble,
  atomic,
  big,
  bin,
  branch,
  call,
  callPointer,
  cast,
  cmp,
  copy,
  fun,
  glob,
  jump,
  load,
  local,
  num,
  poison,
  reg,
  ret,
  select,
  set,
  store,
  zero,
} from './assemble';

function evaluate(e: Expr, t: Scalar): Value | string | undefined {
  const run = runFunction(assemble({ f: { returns: t, lines: [ret(e)] } }), 'f');
  return run.stopped ? `${run.stopped.oracle}: ${run.stopped.message}` : run.value;
}

describe('expressions', () => {
  it('wrap to their width and sign', () => {
    expect(evaluate(bin('add', num(0x7fffffff), num(1)), 'i32')).toBe(-0x80000000);
    expect(evaluate(bin('add', num(0xffffffff, 'u32'), num(2, 'u32'), 'u32'), 'u32')).toBe(1);
    expect(evaluate(bin('mul', num(0x12345, 'u32'), num(0x54321, 'u32'), 'u32'), 'u32')).toBe(
      Number((0x12345n * 0x54321n) & 0xffffffffn),
    );
    expect(evaluate(bin('sub', big(0n), big(1n), 'u64'), 'u64')).toBe(0xffffffffffffffffn);
    expect(evaluate(bin('div', num(-7), num(2)), 'i32')).toBe(-3);
    expect(evaluate(bin('rem', num(-7), num(2)), 'i32')).toBe(-1);
    expect(evaluate(bin('shr', num(-8), num(1)), 'i32')).toBe(-4);
    expect(evaluate(bin('shr', num(0x80000000, 'u32'), num(31), 'u32'), 'u32')).toBe(1);
    expect(evaluate(bin('shl', big(1n), num(63), 'u64'), 'u64')).toBe(1n << 63n);
    expect(evaluate(bin('shl', big(1n, 'i64'), num(63), 'i64'), 'i64')).toBe(-(1n << 63n));
  });

  it('convert between widths as C does', () => {
    expect(evaluate(cast('i32', 'u64', num(-1)), 'u64')).toBe(0xffffffffffffffffn);
    expect(evaluate(cast('u32', 'u64', num(0xffffffff, 'u32')), 'u64')).toBe(0xffffffffn);
    expect(evaluate(cast('u64', 'i8', big(0x1ffn)), 'i8')).toBe(-1);
    expect(evaluate(cast('i64', 'ptr', big(-12n, 'i64')), 'ptr')).toBe(-12);
    expect(evaluate(cast('ptr', 'u64', num(-12, 'ptr')), 'u64')).toBe(0xfffffffffffffff4n);
    expect(evaluate(cmp('lt', num(-12, 'ptr'), num(5, 'ptr'), 'ptr'), 'i32')).toBe(0);
  });

  it('end the path on division by zero and on shifts beyond the width', () => {
    expect(evaluate(bin('div', num(1), num(0)), 'i32')).toBe('kernel-bug: division by zero');
    expect(evaluate(bin('rem', big(1n), big(0n), 'u64'), 'u64')).toBe('kernel-bug: division by zero');
    expect(evaluate(bin('shl', num(1), num(32)), 'i32')).toBe('kernel-bug: shift of a 32-bit value by 32');
    expect(evaluate(bin('shr', big(1n), num(-1), 'u64'), 'u64')).toBe('kernel-bug: shift of a 64-bit value by -1');
  });

  it('that are nested too deeply are not understood', () => {
    let e: Expr = num(1);
    for (let i = 0; i < 5000; i++) e = bin('add', e, num(1));
    expect(evaluate(e, 'i32')).toMatch(/^unknown: .*nested too deeply/);
  });
});

describe('runFunction', () => {
  it('runs loops, calls and recursion', () => {
    const p = assemble({
      fib: {
        params: ['i32'],
        returns: 'i32',
        lines: [
          branch(cmp('lt', reg(0), num(2)), 'small', 'big'),
          'small',
          ret(reg(0)),
          'big',
          call(1, 'fib', [bin('sub', reg(0), num(1))]),
          call(2, 'fib', [bin('sub', reg(0), num(2))]),
          ret(bin('add', reg(1), reg(2))),
        ],
      },
    });
    expect(runFunction(p, 'fib', [15]).value).toBe(610);
  });

  it('gives each call zeroed frame memory of its own', () => {
    const p = assemble({
      f: {
        returns: 'i32',
        frameSize: 16,
        lines: [
          store(local(0), num(5)),
          call(0, 'g', []),
          call(1, 'g', []),
          load(2, local(0)),
          ret(bin('add', bin('mul', reg(0), num(100)), bin('add', bin('mul', reg(1), num(10)), reg(2)))),
        ],
      },
      g: { returns: 'i32', frameSize: 8, lines: [load(0, local(0)), store(local(0), num(7)), ret(reg(0))] },
    });
    expect(runFunction(p, 'f').value).toBe(5);
  });

  it('catches a pointer to a local of a function that returned', () => {
    const p = assemble({
      f: { returns: 'i32', lines: [call(0, 'g', [], 'ptr'), load(1, reg(0, 'ptr')), ret(reg(1))] },
      g: { returns: 'ptr', frameSize: 8, lines: [ret(local(0))] },
    });
    expect(runFunction(p, 'f').stopped).toMatchObject({ oracle: 'memory-safety', line: 2 });
  });

  it('copies, zeroes and modifies memory', () => {
    const p = assemble(
      {
        f: {
          returns: 'u64',
          lines: [
            store(glob('a', 8), big(0x1122334455667788n), 'u64'),
            copy(glob('b'), glob('a'), 16),
            zero(glob('b', 13), 2),
            atomic('or', 0, glob('b', 8), num(0xf), undefined, 'u8'),
            atomic('cmpxchg', 1, glob('b'), num(9), num(1)),
            atomic('cmpxchg', 2, glob('b'), num(9), num(0)),
            load(3, glob('b'), 'i32'),
            load(4, glob('b', 8), 'u64'),
            ret(bin('add', reg(4, 'u64'), cast('i32', 'u64', reg(3)), 'u64')),
          ],
        },
      },
      { a: 16, b: 16 },
    );
    expect(runFunction(p, 'f').value).toBe(0x110000445566778fn + 9n);
  });

  it('calls through pointers, and stops at a wild one', () => {
    const p = assemble({
      f: { params: ['ptr'], returns: 'i32', lines: [callPointer(1, reg(0, 'ptr'), [num(3)]), ret(reg(1))] },
      twice: { params: ['i32'], returns: 'i32', lines: [ret(bin('mul', reg(0), num(2)))] },
      main: { returns: 'i32', lines: [call(0, 'f', [fun('twice')]), ret(reg(0))] },
    });
    expect(runFunction(p, 'main').value).toBe(6);
    expect(runFunction(p, 'f', [0]).stopped).toMatchObject({
      oracle: 'memory-safety',
      message: 'call through a null pointer',
    });
    expect(runFunction(p, 'f', [0x1008]).stopped?.message).toMatch(/no function/);
  });

  it('switches on values and ranges', () => {
    const p = assemble({
      f: {
        params: ['i32'],
        returns: 'i32',
        lines: [
          select(
            reg(0),
            [
              [1, 1, 'one'],
              [5, 9, 'range'],
            ],
            'other',
          ),
          'one',
          ret(num(1)),
          'range',
          ret(num(2)),
          'other',
          ret(num(3)),
        ],
      },
    });
    expect([1, 4, 5, 9, 10].map((v) => runFunction(p, 'f', [v]).value)).toEqual([1, 3, 2, 2, 3]);
  });

  it('ends as not understood at poison, an unknown callee, a missing return and an endless loop', () => {
    const p = assemble({
      a: { lines: [poison('asm statement')] },
      b: { lines: [call(null, 'nobody')] },
      c: { lines: [set(0, num(1))] },
      d: { lines: ['again', jump('again')] },
      e: { lines: [call(null, 'constructor')] },
    });
    expect(runFunction(p, 'a').stopped).toMatchObject({ oracle: 'unknown', message: 'asm statement' });
    expect(runFunction(p, 'b').stopped?.message).toMatch(/nobody/);
    expect(runFunction(p, 'c').stopped?.message).toMatch(/past its last step/);
    expect(runFunction(p, 'd', [], { steps: 1000 }).stopped?.message).toMatch(/1000 steps/);
    expect(runFunction(p, 'e').stopped?.oracle).toBe('unknown');
    expect(runFunction(p, 'toString').stopped?.oracle).toBe('unknown');
  });

  it('stops endless recursion', () => {
    const p = assemble({ f: { lines: [call(null, 'f'), ret()] } });
    expect(runFunction(p, 'f').stopped).toMatchObject({ oracle: 'memory-safety' });
  });

  it('initialises globals', () => {
    const p = assemble({ f: { returns: 'i32', lines: [load(0, glob('x', 4)), ret(reg(0))] } }, { x: 8 });
    const globals = { x: { ...p.globals.x!, init: [{ off: 4, t: 'i32' as const, v: -3 }] } };
    expect(runFunction({ ...p, globals }, 'f').value).toBe(-3);
  });
});
