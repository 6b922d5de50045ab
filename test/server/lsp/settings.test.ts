import { describe, expect, it } from 'vitest';
import { VM_TYPES } from '../../../model/machine/types';
import manifest from '../../../package.json';
import { DEFAULT_SETTINGS, readSettings, SETTING_BOUNDS } from '../../../server/lsp/settings';

interface Property {
  readonly default: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly items?: { readonly enum: readonly string[] };
  readonly markdownDescription: string;
}

const properties = manifest.contributes.configuration.properties as unknown as Record<string, Property>;

describe('the manifest', () => {
  it('has the same settings with the same defaults, each with a description', () => {
    const defaults = Object.entries(properties).map(([name, property]) => [name, property.default]);
    expect(Object.fromEntries(defaults)).toEqual(
      Object.fromEntries(Object.entries(DEFAULT_SETTINGS).map(([name, value]) => [`kvmMmu.${name}`, value])),
    );
    for (const { markdownDescription } of Object.values(properties)) expect(markdownDescription).toMatch(/\.$/);
  });

  it('has the same bounds and VM types', () => {
    for (const [name, [low, high]] of Object.entries(SETTING_BOUNDS)) {
      expect(properties[`kvmMmu.${name}`]).toMatchObject({ minimum: low, maximum: high });
    }
    expect(properties['kvmMmu.vmTypes']?.items?.enum).toEqual(VM_TYPES);
  });
});

describe("a client's settings", () => {
  it('are taken when they are sound', () => {
    const switches = { reviewOnOpen: false, reviewWorkingTree: false, tree: '/src/linux' };
    const given = {
      vmTypes: ['tdx', 'tdx', 'snp'],
      preemptions: 3,
      memoryOrder: 'x86',
      budgetSeconds: 5,
      jobs: 1,
      ...switches,
    };
    expect(readSettings(given)).toEqual({ settings: { ...given, vmTypes: ['tdx', 'snp'] }, problems: [] });
  });

  it('are replaced by defaults, with a sentence each, when they are not', () => {
    const given = {
      vmTypes: ['tdx', 'vax'],
      preemptions: -1,
      memoryOrder: 'tso',
      budgetSeconds: 1.5,
      jobs: '4',
      reviewOnOpen: 'yes',
      tree: './linux',
    };
    const { settings, problems } = readSettings(given);
    expect(settings).toEqual({ ...DEFAULT_SETTINGS, vmTypes: ['tdx'] });
    expect(problems).toHaveLength(6);
  });

  it.each([undefined, null, 3, 'x', []])('may be nothing at all: %j', (given) => {
    expect(readSettings(given).settings).toEqual(DEFAULT_SETTINGS);
  });
});
