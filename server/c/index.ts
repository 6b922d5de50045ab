/** The C engine: C text to a Program of the step form (model/execute/program.ts). */

export { type KeptScope, LoweringCache, type ScopeStore } from './cache';
export { type CompileInput, type CompileLimits, compile, DEFAULT_LIMITS } from './compile';
export { type FunctionOutline, functionsOf } from './outline';
export { type CParser, createParser, type SyntaxNode, type WasmFiles } from './parser';
export type { SourceText } from './preprocess';
export type { Mute } from './scope';
export { type Token, type TokenKind, tokenize } from './tokens';
