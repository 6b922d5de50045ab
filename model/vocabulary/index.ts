/** What other folders use of the vocabulary. */

export { lookup, vocabulary } from './lookup';
export { type ScenarioSubject, scenariosOf } from './subject';
export type { Term, TermKind } from './types';
