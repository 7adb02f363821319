import type { Inputs } from '#firmware-bridge/dispenser.ts';
import { machineClassOf } from '#recipes/machine-class.ts';
import type { CellStatus } from '#wire/cell-api.ts';
import type { CellParts } from './cell-parts.ts';
import { freePrekeys, type Granted, type Ledger, ownerOf, type Use } from './licences/ledger.ts';
import { isAtHand, licenceOf, obstacleTo, timeObstacle } from './licences/usable.ts';
import { keepingOf } from './service/line-state.ts';
import { software } from './software.ts';
import { maxFlowOf, mostUl, shownStock } from './stock.ts';
import type { TimeView } from './trusted-time.ts';

/** What anyone on this machine may know of the cell. */
export function statusOf(parts: CellParts): CellStatus {
  const { identity, books, config, mixer, dispenser, spool, time, licenceFiles } = parts;
  const { ledger } = books;
  const uses = [...ledger.uses.values()];
  const nominalFlow = machineClassOf(identity.machineClass)?.nominalFlow ?? 0;
  return {
    machine: identity.machine,
    name: identity.name,
    machine_class: identity.machineClass,
    software,
    state: stateOf(ledger, mixer.state),
    epoch: ledger.epoch.number,
    quarantine: ledger.quarantined === null ? null : { reason: ledger.quarantined, seen: ledger.epoch.seen },
    token: { class: identity.tokenClass, profile: identity.profile, serial: identity.tokenSerial },
    certificate_expires: identity.certificateExpires,
    prekeys: {
      free: freePrekeys(ledger).length,
      assigned: uses.filter(({ stage }) => stage === 'granted' || stage === 'reserved').length,
    },
    licences: heldLicences(ledger, uses, time),
    damaged_licences: [...licenceFiles.damaged],
    time: { now: time.now(), trusted: time.doubt() === null, why: time.doubt(), last: ledger.time },
    status_list:
      ledger.statusList === null ? null : { number: ledger.statusList.number, expires: ledger.statusList.expires },
    last_seq: ledger.lastSeq,
    journal: books.journal.head(),
    lines: config.pumps.map((pump) => ({
      line: pump.line,
      ingredient: pump.ingredient,
      stock_ul: shownStock(pump.line, config, ledger),
      bottle_ul: pump.bottle_ul,
      max_flow_ul_per_s: maxFlowOf(pump),
      most_ul: mostUl(pump, nominalFlow),
      power_mw: pump.power_mw,
      ...keepingOf(pump, { config, service: ledger.service, now: time.now() }),
    })),
    limits: {
      min_dose_ul: config.limits.min_dose_ul,
      dose_error_ul: config.limits.dose_error_ul,
      glass_ul: config.limits.glass_ul,
      pumps_at_once: config.limits.pumps_at_once,
      power_mw: config.limits.power_mw,
      nominal_flow_ul_per_s: nominalFlow,
      alcohol: config.limits.alcohol,
      glass_present: dispenser.inputs().glass !== 'open',
    },
    contacts: contactsOf(dispenser.inputs()),
    spooled: [...spool.list()],
    unfinished: uses.flatMap((use) => unfinished(use, ledger)),
  };
}

function contactsOf({ glass, door, tray, supply, serviceKey }: Inputs): CellStatus['contacts'] {
  return { glass, door, tray, supply, service_key: serviceKey };
}

function stateOf({ quarantined, epoch }: Ledger, doing: CellStatus['state']): CellStatus['state'] {
  if (epoch.ends) return 'retired';
  return quarantined === null ? doing : 'quarantined';
}

function heldLicences(ledger: Ledger, uses: readonly Use[], time: TimeView): CellStatus['licences'] {
  const left = uses.filter(({ cti, stage }) => cti !== null && (stage === 'granted' || stage === 'reserved'));
  const byLicence = Map.groupBy(left, (use) => licenceOf(use, ledger));
  return [...byLicence]
    .flatMap(([granted, mine]) => (granted === undefined ? [] : [heldLicence(granted, mine, ledger, time)]))
    .toSorted((a, b) => a.seq - b.seq);
}

function heldLicence(
  granted: Granted,
  left: readonly Use[],
  ledger: Ledger,
  time: TimeView,
): CellStatus['licences'][number] {
  const { cti, seq, recipe, version, terms, expires } = granted;
  const isOpen = obstacleTo(granted, ledger, time) === null;
  return {
    cti,
    seq,
    recipe,
    version,
    kind: terms?.kind ?? 'single_use',
    unused: left.length,
    at_hand: isOpen ? left.filter((use) => isAtHand(use, ledger)).length : 0,
    not_before: (terms?.not_before ?? 0) * 1000,
    expires: expires * 1000,
    state: licenceState(granted, time),
  };
}

function licenceState(granted: Granted, time: TimeView): CellStatus['licences'][number]['state'] {
  switch (timeObstacle(granted, time)) {
    case null:
      return 'good';
    case 'licence/not-yet-valid':
      return 'early';
    case 'licence/expired':
      return 'expired';
    default:
      return 'paused';
  }
}

function unfinished(use: Use, ledger: Ledger): CellStatus['unfinished'] {
  const { order, cti, kid, stage, booked } = use;
  if (cti === null) return [];
  if (stage === 'granted') {
    const waits = ownerOf(use, ledger);
    return waits === null || isAtHand(use, ledger) ? [] : [{ order: waits, cti, kid, stage }];
  }
  if (order === null) return [];
  if (stage === 'reserved') return [{ order, cti, kid, stage }];
  return (stage === 'spent' || stage === 'void') && !booked ? [{ order, cti, kid, stage }] : [];
}
