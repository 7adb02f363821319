import type { ConsoleTexts } from './console-texts.ts';

const setUp = 'Run `node src/cli/bootstrap.mjs setup` and start the machine with the Node that it brings.';

/** English. */
export const en: ConsoleTexts = {
  checks: {
    node: 'Node',
    state: 'disk',
    config: 'machine.yaml',
    token: 'token',
    pin: 'PIN',
    clock: 'clock',
    cell: 'cell',
    desk: 'desk',
    marketplace: 'marketplace',
    broker: 'broker',
    payment: 'payments',
    certificates: 'certificates',
    prekeys: 'prekeys',
    journal: 'journal',
    pumps: 'pumps',
  },
  findings: {
    'node/pinned': { what: '{version|as pinned}', todo: '' },
    'node/other': { what: '{version|another version}; tried with {pinned|the pinned one}', todo: setUp },
    'node/too-old': { what: '{version|too old}; at least {pinned|the pinned one} is needed', todo: setUp },
    'state/good': { what: '{free_mb|enough} MB free in {folder|the state folder}', todo: '' },
    'state/missing': {
      what: 'there is no folder {folder|of this name}',
      todo: 'Provision the machine, or name its folder with --state.',
    },
    'state/no-access': {
      what: 'this account may not write to {folder|the state folder}',
      todo: 'Run doctor as the cell’s user or as root; if you did, correct the owner of the folder.',
    },
    'state/little-room': {
      what: 'only {free_mb|a few} MB free in {folder|the state folder}',
      todo: 'Make room soon: without it nothing can be written down, and so nothing sold.',
    },
    'state/full': {
      what: 'only {free_mb|a few} MB free in {folder|the state folder}',
      todo: 'Make room now: what cannot be written down is not sold.',
    },
    'config/good': { what: '{file|the file} has no mistakes', todo: '' },
    'config/mistakes': {
      what: '{count|some} mistakes in {file|the file}, the first: {first|see the list}',
      todo: 'Correct them; `decant config check` lists each with its line.',
    },
    'config/missing': {
      what: '{file|the file} cannot be read ({reason|no reason given})',
      todo: 'Write it (`decant config schema` says how), or name the machine’s folder with --state.',
    },
    'token/good': { what: '{label|present}, serial {serial|unknown}, class {class|unknown}', todo: '' },
    'token/soft': {
      what: '{label|present}, serial {serial|unknown}: a soft token, whose copied files revive spent licences',
      todo: 'For demonstration and development only: fit a hardware token before anything is sold.',
    },
    'token/soft-refused': {
      what: '{label|present} is a soft token, which this machine does not allow',
      todo: 'Fit a hardware token, or say `allow_soft_token: true` in machine.yaml and mean it.',
    },
    'token/missing': {
      what: 'no token {label|of this name} ({module|no module})',
      todo: 'Plug it in; install its module and name it in machine.yaml (`token.module`).',
    },
    'pin/good': { what: '{file|the file} can be read by its owner alone', todo: '' },
    'pin/open': {
      what: '{file|the file} can be read by others (mode {mode|too open})',
      todo: 'Take their right away: chmod 600.',
    },
    'pin/missing': {
      what: '{file|the file} cannot be read ({reason|no reason given})',
      todo: 'Put it back from where the PIN is kept; without it the cell cannot start.',
    },
    'pin/by-systemd': { what: 'handed to the cell by systemd, not looked at', todo: '' },
    'clock/good': { what: '{seconds|a few} s apart from the marketplace’s clock', todo: '' },
    'clock/alone': { what: 'not behind the journal; no other clock could be asked', todo: '' },
    'clock/unknown': { what: 'nothing here to compare it with', todo: '' },
    'clock/behind': {
      what: '{seconds|many} s behind the newest entry of the journal',
      todo: 'Set the clock (timedatectl set-ntp true): licences are judged by it.',
    },
    'clock/apart': {
      what: '{seconds|many} s apart from the marketplace’s clock',
      todo: 'Set the clock (timedatectl set-ntp true): licences and certificates are judged by it.',
    },
    'cell/good': { what: 'answers: {state|running}, {software|of unknown version}', todo: '' },
    'cell/silent': {
      what: 'does not answer at {socket|its socket}',
      todo: 'Start it (systemctl start decant-cell, or npm start) and read its log.',
    },
    'cell/quarantined': {
      what: 'in quarantine: its journal and what licensing remembers do not fit together',
      todo: 'Nothing is sold until licensing releases the machine. Find out whether state was copied or restored.',
    },
    'cell/fault': { what: 'reports a fault', todo: 'Read its log before anything is switched on again.' },
    'desk/good': { what: 'answers at {url|its address}; {drinks|some} drinks can be made', todo: '' },
    'desk/silent': {
      what: 'does not answer at {url|its address}',
      todo: 'Start it (systemctl start decant-desk, or npm start) and read its log.',
    },
    'desk/nothing-to-sell': {
      what: 'answers at {url|its address}, but not one drink can be made ({reason|no reason given})',
      todo: 'Touch “why not” on the drinks page: it names what is missing.',
    },
    'marketplace/good': { what: 'answers at {url|its address}', todo: '' },
    'marketplace/silent': {
      what: 'does not answer at {url|its address} ({reason|no reason given})',
      todo: 'Check network and address. Licences that are held can still be poured.',
    },
    'marketplace/not-authentic': {
      what: 'whoever answers at {url|its address} has no certificate of the pinned CA ({reason|no reason given})',
      todo: 'Do not sell: check the address, then the file of `marketplace.ca` with the marketplace’s operator.',
    },
    'broker/good': { what: 'answers at {url|its address}', todo: '' },
    'broker/silent': {
      what: 'does not answer at {url|its address} ({reason|no reason given})',
      todo: 'Check network and address. Licences come by REST meanwhile, a little later.',
    },
    'broker/not-authentic': {
      what: 'whoever answers at {url|its address} has no certificate of the pinned CA ({reason|no reason given})',
      todo: 'Check the address, then the file of `marketplace.ca` with the marketplace’s operator.',
    },
    'payment/good': { what: 'chain source at {url|its address}, height {height|unknown}', todo: '' },
    'payment/silent': {
      what: 'no chain source at {url|its address} ({reason|no reason given})',
      todo: 'Check `payment.esplora` in machine.yaml and the network. Until then nobody can pay.',
    },
    'certificates/good': { what: '{days|many} days left ({name|the first}, first of {count|all})', todo: '' },
    'certificates/soon': {
      what: 'only {days|few} days left for {name|one}',
      todo: 'Have it renewed by the maker or the marketplace’s operator.',
    },
    'certificates/expired': {
      what: '{name|a certificate} has run out',
      todo: 'Have it renewed by the maker or the marketplace’s operator; if the clock is wrong, set it first.',
    },
    'prekeys/good': { what: '{free|enough} free, {assigned|no} held by licences', todo: '' },
    'prekeys/few': {
      what: 'only {free|few} free, {assigned|no} held by licences',
      todo: 'More are made when the machine is idle and reaches the marketplace.',
    },
    'prekeys/none': {
      what: 'none free, so no licence can be bought',
      todo: 'Connect the machine to the marketplace and leave it idle for a minute; else read the cell’s log.',
    },
    'journal/good': { what: '{entries|all} entries, chain whole', todo: '' },
    'journal/none': { what: 'not begun yet', todo: '' },
    'journal/broken': {
      what: 'damaged at entry {index|unknown}',
      todo: 'Keep a copy of the file and stop selling; compare it with the heads that licensing remembers.',
    },
    'journal/behind': {
      what: '{entries|fewer} entries on disk, {index|more} by the cell’s word',
      todo: 'The cell writes elsewhere, or the disk has lost entries: check --state, then the disk.',
    },
    'pumps/good': { what: '{count|all} described', todo: '' },
    'pumps/simulated': {
      what: '{simulated|some} of {count|all} are simulated',
      todo: 'Simulated pumps pour nothing: describe the real ones in machine.yaml.',
    },
    'needs/config': { what: 'not looked at: machine.yaml cannot be used', todo: '' },
    'needs/cell': { what: 'not looked at: the cell does not answer', todo: '' },
    'needs/provisioning': { what: 'not looked at: the machine is not provisioned', todo: '' },
    'needs/access': { what: 'not looked at: this account may not read it', todo: '' },
  },
  doctor: {
    well: 'Nothing is wrong that doctor can see ({warnings|0} to keep in mind).',
    ill: 'Checks that failed: {count|some}.',
  },
  states: {
    idle: 'idle',
    pouring: 'pouring',
    held: 'held in the middle of a drink',
    fault: 'in fault',
    quarantined: 'in quarantine',
  },
  status: {
    is: 'is',
    token: 'token',
    profile: 'profile',
    serial: 'serial',
    prekeys: 'prekeys',
    free: 'free',
    assigned: 'held by licences',
    licences: 'licences',
    unused: 'unused',
    lastNumber: 'last number',
    recipes: 'recipes',
    inSpool: 'in the spool',
    journal: 'journal',
    entries: 'entries',
    head: 'head',
    line: 'line',
  },
  journal: { whole: '{entries|All} entries, chain whole, head {head|unknown}' },
  config: { good: '{file|The file}: good' },
  recipe: {
    unverified: 'signature not checked; `decant recipe verify` does',
    by: 'by',
    version: 'version',
    class: 'machine class',
    total: 'total',
    duration: 'pours for at most',
    pieces: 'pieces',
    allergens: 'allergens',
    none: 'none',
    alcohol: 'alcohol',
    ingredients: 'ingredients',
    upTo: 'up to',
    digest: 'manifest',
    leak: 'What anyone can tell of the amounts:',
    narrow: 'narrower than 20 % of the total',
    verified: '{file|The file}: {name|the recipe}, version {version|unknown}, signed by {author|its author}, whole',
    sealed:
      'Sealed {name|the recipe}, version {version|unknown}, in {pieces|some} pieces for class key {class|unknown}.',
    notDeposited:
      'The licence key was not deposited (--deposit) and is gone: no licence can ever be sold for this file.',
    typeFingerprint: 'SHA-256 fingerprint of the maker’s root, as the maker told you: ',
  },
  maker: {
    soft: 'This is a soft token: it gets class keys of classes named demo-… only.',
    made: 'Maker below {folder|the folder}:',
  },
  memoryScan: {
    searched: '{regions|no} regions, {megabytes|no} MB searched',
    unread: 'not readable: {bytes|some} bytes of {region|a region}',
    copies: 'canary {number|given}: {count|no} copies',
  },
};
