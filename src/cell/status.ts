import { machineClassOf } from '#recipes/machine-class.ts';
import { hex } from '#shared/entropy.ts';
import type { CellStatus } from '#wire/cell-api.ts';
import type { CellParts } from './cell-parts.ts';
import { freePrekeys, type Ledger, type Use } from './licences/ledger.ts';
import { software } from './software.ts';
import { maxFlowOf, shownStock } from './stock.ts';

/** What anyone on this machine may know of the cell. */
export function statusOf({ identity, books, config, mixer, dispenser, spool }: CellParts): CellStatus {
  const { ledger } = books;
  const uses = [...ledger.uses.values()];
  return {
    machine: identity.machine,
    name: identity.name,
    machine_class: identity.machineClass,
    software,
    state: ledger.quarantined === null ? mixer.state : 'quarantined',
    token: { class: identity.tokenClass, profile: identity.profile, serial: identity.tokenSerial },
    certificate_expires: identity.certificateExpires,
    prekeys: {
      free: freePrekeys(ledger).length,
      assigned: uses.filter(({ stage }) => stage === 'granted' || stage === 'reserved').length,
    },
    licences: heldLicences(ledger, uses),
    last_seq: ledger.lastSeq,
    journal: books.journal.head(),
    lines: config.pumps.map((pump) => ({
      line: pump.line,
      ingredient: pump.ingredient,
      stock_ul: shownStock(pump.line, config, ledger),
      bottle_ul: pump.bottle_ul,
      max_flow_ul_per_s: maxFlowOf(pump),
    })),
    limits: {
      min_dose_ul: config.limits.min_dose_ul,
      dose_error_ul: config.limits.dose_error_ul,
      glass_ul: config.limits.glass_ul,
      pumps_at_once: config.limits.pumps_at_once,
      nominal_flow_ul_per_s: machineClassOf(identity.machineClass)?.nominalFlow ?? 0,
      alcohol: config.limits.alcohol,
      glass_present: dispenser.inputs().glass !== 'open',
    },
    spooled: [...spool.list()],
    unfinished: uses.flatMap(unfinished),
  };
}

function heldLicences(ledger: Ledger, uses: readonly Use[]): CellStatus['licences'] {
  return [...ledger.licences.values()].flatMap(({ cti, seq, recipe, version }) => {
    const unused = uses.filter(
      (use) => use.cti !== null && hex(use.cti) === hex(cti) && (use.stage === 'granted' || use.stage === 'reserved'),
    ).length;
    return unused === 0 ? [] : [{ cti, seq, recipe, version, unused }];
  });
}

function unfinished({ order, cti, kid, stage, booked }: Use): CellStatus['unfinished'] {
  if (order === null || cti === null) return [];
  if (stage === 'reserved') return [{ order, cti, kid, stage }];
  return (stage === 'spent' || stage === 'void') && !booked ? [{ order, cti, kid, stage }] : [];
}
