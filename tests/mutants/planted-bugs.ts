/** One place in the code, and what a mistake would have put there. */
export interface Edit {
  readonly path: string;
  /** Occurs exactly once in the file. */
  readonly from: string;
  readonly to: string;
}

/** A mistake that somebody could make, and the tests that are to find it. */
export interface PlantedBug {
  readonly name: string;
  readonly edits: readonly Edit[];
  /** Test files, at least one of which has to fail by a test's name. */
  readonly tests: readonly string[];
  /** Only tests whose names hold this: others would wait until their time is up. */
  readonly named?: string;
}

/** Ten mistakes, each of which would break a promise of SECURITY.md. */
export const plantedBugs: readonly PlantedBug[] = [
  {
    name: 'burn after pour',
    edits: [
      { path: 'src/cell/mixer.ts', from: '        await burn(batch, bounds, this.#ports);\n', to: '' },
      {
        path: 'src/cell/pour.ts',
        from: 'const result = await poured(pour, end, ports);',
        to: 'const result = await poured(pour, end, ports);\n  await burn(pour.batch, { slots: [] } as never, ports);',
      },
    ],
    tests: ['src/cell/mixer.test.ts', 'tests/power-cuts/power-cuts.test.ts'],
  },
  {
    name: 'burn unverified',
    edits: [
      {
        path: 'hsm/destroy-key.ts',
        from: 'if (before) await requireFileGone(login, before, label);',
        to: '',
      },
    ],
    tests: ['hsm/destroy-key.test.ts'],
  },
  {
    name: 'missing fsync',
    edits: [
      {
        path: 'src/cell/journal/journal.ts',
        from: `await this.#file.writeAt(this.#end, bytes);
      await this.#file.sync();`,
        to: 'await this.#file.writeAt(this.#end, bytes);',
      },
    ],
    tests: ['src/cell/journal/journal.test.ts', 'tests/power-cuts/power-cuts.test.ts'],
  },
  {
    name: 'aad without index',
    edits: [
      {
        path: 'recipes/piece-binding.ts',
        from: "encodeCbor(['tdr1', recipeId, version, layer, index, final])",
        to: "encodeCbor(['tdr1', recipeId, version, layer, index * 0, final])",
      },
    ],
    tests: ['recipes/opened-by-hand.test.ts'],
  },
  {
    name: 'layers swapped',
    edits: [
      {
        path: 'recipes/seal-pieces.ts',
        from: 'sealLayer(layers.mfr, index, await sealLayer(layers.lic, index, record))',
        to: 'sealLayer(layers.lic, index, await sealLayer(layers.mfr, index, record))',
      },
      {
        path: 'recipes/open-layer.ts',
        from: "const plaintextBytes = name === 'mfr' ? innerBytes : recordBytes;",
        to: "const plaintextBytes = name === 'lic' ? innerBytes : recordBytes;",
      },
      {
        path: 'recipes/open-outer-layers.ts',
        from: "const open = layerOpener(file, 'mfr', opener, key);",
        to: "const open = layerOpener(file, 'lic', opener, key);",
      },
      {
        path: 'recipes/open.ts',
        from: 'outerLayers(file, openers.mfr, keys.mfr,',
        to: 'outerLayers(file, openers.lic, keys.lic,',
      },
      {
        path: 'recipes/open.ts',
        from: "layerOpener(file, 'lic', openers.lic, keys.lic)",
        to: "layerOpener(file, 'mfr', openers.mfr, keys.mfr)",
      },
    ],
    tests: ['recipes/opened-by-hand.test.ts'],
  },
  {
    name: 'seq unchecked',
    edits: [
      {
        path: 'src/cell/licences/accept.ts',
        from: 'if (payload.seq > books.ledger.lastSeq + 1) {',
        to: 'if (payload.seq > Number.MAX_SAFE_INTEGER) {',
      },
    ],
    tests: ['src/cell/licences/accept.test.ts'],
  },
  {
    name: 'wipe skipped',
    edits: [
      {
        path: 'recipes/open.ts',
        from: `  const giveBack = (): void => {
    recordBuffer.fill(0);`,
        to: '  const giveBack = (): void => {',
      },
    ],
    tests: ['recipes/round-trip.test.ts'],
  },
  {
    name: 'session shared',
    edits: [
      { path: 'hsm/job-session.ts', from: 'this.handle = login.openSession();', to: 'this.handle = login.session;' },
      { path: 'hsm/job-session.ts', from: 'this.#login.closeSession(this.handle);', to: '' },
    ],
    tests: ['hsm/job-session.test.ts'],
  },
  {
    name: 'bounds unchecked',
    edits: [
      {
        path: 'src/cell/executor/piece-taker.ts',
        from: "if (!totals.admits(view, bounds)) return { t: 'refused', why: 'recipe/over-bound' };",
        to: '',
      },
    ],
    tests: ['src/cell/executor/recipe-over-bound.test.ts'],
  },
  {
    name: 'grant unchecked',
    edits: [
      {
        path: 'src/cell/executor/grant.ts',
        from: "if (!open.has(grant)) throw new Failure('machine/no-grant');",
        to: "if (grant.subject === null) throw new Failure('machine/no-grant');",
      },
    ],
    tests: ['src/cell/executor/executor.test.ts'],
    named: 'is needed to open a run',
  },
];
