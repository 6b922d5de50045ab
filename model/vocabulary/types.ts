/**
 * What an entry of the vocabulary is, and the short form in which the tables of this folder are
 * written. Knows nothing of mails or of search.
 */

export type TermKind = 'function' | 'field' | 'type' | 'constant' | 'word';

export interface Term {
  /** As written in C or in a mail: `kvm_zap_gfn_range`, `KVM_FILTER_PRIVATE`, `punch hole`. */
  readonly name: string;
  readonly kind: TermKind;
  /** What it is in the model. */
  readonly meaning: string;
  /** Where the meaning was read: file of the kernel, firmware, seed, or section of the domain specification. */
  readonly source: string;
  /** Scenarios it points at, the most typical first. */
  readonly scenarios: readonly string[];
  /** Set when the name is not one of kernel 7.3. */
  readonly era?: string;
  /** How much it says about what a text is about: 0 nothing, 1 a general word, 2 a name of this field, 3 a giveaway. */
  readonly weight: 0 | 1 | 2 | 3;
}

export interface TableDefaults {
  readonly kind: TermKind;
  readonly source: string;
  readonly era?: string;
  readonly weight?: 0 | 1 | 2 | 3;
}

/** A row: names that share a meaning, separated by `|`; the meaning; scenario ids separated by blanks; exceptions. */
export type Row = readonly [names: string, meaning: string, scenarios: string, override?: Partial<TableDefaults>];

/** Spells a table out into one entry per name. A name that ends in `()` is a function whatever the table's kind. */
export function table(defaults: TableDefaults, rows: readonly Row[]): Term[] {
  return rows.flatMap(([names, meaning, scenarios, override]) => {
    const row = { ...defaults, ...override };
    return names.split('|').map((raw) => {
      const name = raw.trim();
      const isCall = name.endsWith('()');
      const term: Term = {
        name: isCall ? name.slice(0, -2) : name,
        kind: isCall ? 'function' : row.kind,
        meaning,
        source: row.source,
        scenarios: scenarios === '' ? [] : scenarios.split(' '),
        weight: row.weight ?? 2,
      };
      return row.era === undefined ? term : { ...term, era: row.era };
    });
  });
}
