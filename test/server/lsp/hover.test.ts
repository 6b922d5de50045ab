import { describe, expect, it } from 'vitest';
import { type Word, wordAt } from '../../../server/lsp/hover';

const KNOWN = ['TDH.MEM.PAGE.AUG', 'S-EPT', 'EPT', 'punch hole', 'kvm_zap_gfn_range', 'UPM', 'fault->slot'];
const lookup = (name: string): Word | null =>
  KNOWN.includes(name) ? { name, kind: 'word', meaning: '', source: '', scenarios: [] } : null;

/** The line holds a cursor, `|`; answers with the word found there. */
function check(line: string): string | null {
  const at = line.indexOf('|');
  return wordAt(line.replace('|', ''), at, lookup)?.word.name ?? null;
}

describe('the word under the cursor', () => {
  it.each([
    ['+\tkvm_zap_|gfn_range(kvm, 0, 1);', 'kvm_zap_gfn_range'],
    ['|UPM is what they call it', 'UPM'],
    ['they call it UPM|', 'UPM'],
    ['then TDH.MEM.PA|GE.AUG fails', 'TDH.MEM.PAGE.AUG'],
    ['the S-E|PT entry', 'S-EPT'],
    ['the N-E|PT entry', 'EPT'],
    ['a punch ho|le frees it', 'punch hole'],
    ['a pun|ch hole frees it', 'punch hole'],
    ['kvm_zap_gfn_range_|x()', null],
    ['', null],
    ['noth|ing here', null],
  ])('%j is %j', (line, name) => {
    expect(check(line)).toBe(name);
  });

  it('is found in a mail that is one long line', () => {
    expect(check(`${'word '.repeat(20_000)}U|PM${' word'.repeat(20_000)}`)).toBe('UPM');
  });
});
