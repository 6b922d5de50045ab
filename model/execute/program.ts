/**
 * The step form: what `server/c` produces from C and `model/execute` runs. It is plain data (it
 * survives structured clone), so that workers and an on-disk cache can carry it. It knows nothing of
 * syntax trees, of the machine or of exploration.
 *
 * Shape: every function is a flat list of steps. A step makes at most one access to memory and at
 * most one call; expressions inside steps are pure arithmetic over registers and constants. So each
 * memory access has a step, a line and (when other CPUs can see it) a scheduling point of its own.
 *
 * Values at run time: i8..u32 are JS numbers already wrapped to their width; i64/u64 are BigInt
 * already wrapped; ptr is a JS number (an address; an error pointer is a small negative number, as
 * if the 64 bits were signed). `_Bool` is u8 holding 0 or 1: lowering emits the `!= 0`.
 */

export type Scalar = 'i8' | 'u8' | 'i16' | 'u16' | 'i32' | 'u32' | 'i64' | 'u64' | 'ptr';

export type Value = number | bigint;

/** Pure expressions. Division by zero and over-wide shifts end the path as a kernel bug at run time. */
export type Expr =
  | { readonly k: 'const'; readonly t: Scalar; readonly v: Value }
  | { readonly k: 'reg'; readonly t: Scalar; readonly r: number }
  /** Address of a byte of the current frame's memory (address-taken or aggregate locals). */
  | { readonly k: 'frame'; readonly off: number }
  /** Address of a global object, plus a byte offset. */
  | { readonly k: 'global'; readonly name: string; readonly off: number }
  /** Address of a function. */
  | { readonly k: 'func'; readonly name: string }
  | { readonly k: 'un'; readonly op: 'neg' | 'not'; readonly t: Scalar; readonly a: Expr }
  /** Both operands have type `t`, except a shift's count, which is i32. Pointer arithmetic is 'ptr' + 'ptr', already scaled. */
  | { readonly k: 'bin'; readonly op: BinaryOp; readonly t: Scalar; readonly a: Expr; readonly b: Expr }
  /** `t` is the type of the operands; the result is i32 0 or 1. */
  | { readonly k: 'cmp'; readonly op: CompareOp; readonly t: Scalar; readonly a: Expr; readonly b: Expr }
  | { readonly k: 'cast'; readonly from: Scalar; readonly to: Scalar; readonly a: Expr }
  /** `c` is i32; both arms are pure, so both may be evaluated. */
  | { readonly k: 'sel'; readonly t: Scalar; readonly c: Expr; readonly a: Expr; readonly b: Expr };

export type BinaryOp = 'add' | 'sub' | 'mul' | 'div' | 'rem' | 'and' | 'or' | 'xor' | 'shl' | 'shr';
export type CompareOp = 'eq' | 'ne' | 'lt' | 'le' | 'gt' | 'ge';

/**
 * How an access was written in C: a marked access is always a scheduling point, a plain one only when found racy.
 * `release`: a marked store behind which no store before it comes to memory.
 */
export type Access = 'plain' | 'once' | 'release';

export type AtomicOp = 'xchg' | 'cmpxchg' | 'add' | 'sub' | 'and' | 'or';

export type Callee = { readonly name: string } | { readonly pointer: Expr };

export type Step = { readonly at: number } & (
  | { readonly s: 'set'; readonly r: number; readonly e: Expr }
  | { readonly s: 'load'; readonly r: number; readonly t: Scalar; readonly a: Expr; readonly access: Access }
  | { readonly s: 'store'; readonly t: Scalar; readonly a: Expr; readonly e: Expr; readonly access: Access }
  /** A read-modify-write in one step; `r` gets the OLD value. For cmpxchg the store happens only if old == expected. */
  | {
      readonly s: 'atomic';
      readonly op: AtomicOp;
      readonly r: number;
      readonly t: Scalar;
      readonly a: Expr;
      readonly e: Expr;
      readonly expected?: Expr;
    }
  /** Struct assignment; sizes in bytes, a multiple of 1; the ranges don't overlap unless equal. */
  | { readonly s: 'copy'; readonly to: Expr; readonly from: Expr; readonly size: number }
  | { readonly s: 'zero'; readonly a: Expr; readonly size: number }
  /** `r` is null when the value is unused or void. A callee without body and without builtin ends the path as not understood. */
  | {
      readonly s: 'call';
      readonly r: number | null;
      readonly t: Scalar | 'void';
      readonly callee: Callee;
      readonly args: readonly Expr[];
    }
  | { readonly s: 'jump'; readonly to: number }
  | { readonly s: 'branch'; readonly c: Expr; readonly then: number; readonly else: number }
  | {
      readonly s: 'switch';
      readonly t: Scalar;
      readonly e: Expr;
      readonly cases: readonly SwitchCase[];
      readonly otherwise: number;
    }
  | { readonly s: 'return'; readonly e: Expr | null }
  /** A statement the C engine could not lower: running it ends the path as not understood. */
  | { readonly s: 'poison'; readonly why: string }
);

/** An inclusive range, both ends of the switch's type. */
export interface SwitchCase {
  readonly low: Value;
  readonly high: Value;
  readonly to: number;
}

export interface FunctionCode {
  readonly name: string;
  /** Index into `Program.files`. */
  readonly file: number;
  /** Line (from 1) of the function's name in that file. */
  readonly line: number;
  /** Line of the closing brace. */
  readonly endLine: number;
  /** Registers 0..n-1 receive the arguments, in order. */
  readonly params: readonly { readonly name: string; readonly t: Scalar }[];
  readonly returns: Scalar | 'void';
  readonly registers: number;
  /** Name of each register that holds a C variable, null for a temporary. */
  readonly registerNames: readonly (string | null)[];
  /** Bytes of frame memory; zeroed when the frame is pushed and when it is popped. */
  readonly frameSize: number;
  /** Named objects in frame memory, for traces. */
  readonly frameObjects: readonly { readonly name: string; readonly off: number; readonly type: string }[];
  readonly steps: readonly Step[];
}

/** Where a step comes from. `line` is from 1 in `files[file]`; macro bodies take the line of the call. */
export interface Origin {
  readonly file: number;
  readonly line: number;
  /** Lines of macro bodies that the step was expanded from, innermost first, where the compilation was asked for them. */
  readonly expanded?: readonly { readonly file: number; readonly line: number }[];
}

export interface GlobalObject {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  readonly align: number;
  readonly type: string;
  /** Non-zero initial contents. */
  readonly init: readonly GlobalInit[];
}

export type GlobalInit =
  | { readonly off: number; readonly t: Scalar; readonly v: Value }
  | { readonly off: number; readonly t: 'ptr'; readonly global: string; readonly add: number }
  | { readonly off: number; readonly t: 'ptr'; readonly func: string };

export interface FieldLayout {
  /** Byte offset in the struct (of the storage unit, for a bit-field). */
  readonly off: number;
  /** C type as written, e.g. `u64`, `struct kvm_mmu_page *`, `struct list_head`. */
  readonly type: string;
  /** Scalar type, null for aggregates. */
  readonly t: Scalar | null;
  readonly size: number;
  readonly bits?: { readonly shift: number; readonly width: number };
}

export interface StructLayout {
  readonly size: number;
  readonly align: number;
  /** Fields of anonymous members are listed here too, with their full offset. */
  readonly fields: Readonly<Record<string, FieldLayout>>;
}

export interface Program {
  /** Paths as in the kernel tree, or of the reference (`model/reference/mmu.c`). */
  readonly files: readonly string[];
  readonly origins: readonly Origin[];
  readonly functions: Readonly<Record<string, FunctionCode>>;
  readonly globals: Readonly<Record<string, GlobalObject>>;
  /** Key: `struct kvm`, `union kvm_mmu_page_role`, or a typedef's name. */
  readonly structs: Readonly<Record<string, StructLayout>>;
  /** Enumerators, and macros that expand to an integer constant and were asked for by name. */
  readonly constants: Readonly<Record<string, Value>>;
  /** What could not be lowered or parsed: function, place, why. Running into it poisons; this is for reporting. */
  readonly problems: readonly {
    readonly file: number;
    readonly line: number;
    readonly function: string | null;
    readonly why: string;
  }[];
}
