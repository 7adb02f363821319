import type { Sentences } from './sentence.ts';

const back = 'If you have already paid, you get the money back as a voucher.';
const nothing = 'Nothing was charged.';
const staff = 'Please tell the staff.';
const later = 'Please try again in a moment, or choose another drink.';

/** What people are told in English. A hole `{name|otherwise}` takes a fact of the failure. */
export const en: Sentences = {
  // what arrived over a wire
  'message/too-large': { what: 'A message was larger than allowed and was not read.', money: '', todo: staff },
  'message/malformed': {
    what: 'Two parts of the system did not understand each other.',
    money: '',
    todo: 'Please try again. If it happens again, tell the staff: both parts need the same version.',
  },
  'message/unknown-operation': {
    what: 'Something was asked that the other side does not know.',
    money: '',
    todo: 'Please tell the staff: both parts need the same version.',
  },
  'message/not-authentic': {
    what: 'A message did not come from whom it claimed, so it was not used.',
    money: back,
    todo: staff,
  },
  'message/unavailable': {
    what: 'The machine could not be reached just now.',
    money: 'Nothing new was charged.',
    todo: 'Please wait a moment and try again.',
  },
  'message/timed-out': {
    what: 'The answer took too long.',
    money: 'Nothing is charged twice: trying again is the same order.',
    todo: 'Please try again.',
  },
  // the token
  'token/missing': {
    what: 'The security token of this machine was not found.',
    money: back,
    todo: 'Please tell the staff: the token must be plugged in and its module configured.',
  },
  'token/removed': {
    what: 'The security token was taken out while the machine was running.',
    money: back,
    todo: 'A technician has to put it back and restart the machine.',
  },
  'token/refused': {
    what: 'Keys cannot be trusted to this kind of security token ({module|unnamed}): {reason|see its report}.',
    money: back,
    todo: 'A technician has to fit another one.',
  },
  'token/wrong-pin': {
    what: 'The PIN of the security token was wrong.',
    money: '',
    todo: 'Check the PIN before the next attempt: after too many wrong ones the token locks itself.',
  },
  'token/pin-locked': {
    what: 'The security token has locked itself after too many wrong PINs.',
    money: back,
    todo: 'A technician has to unlock it with the security officer’s PIN.',
  },
  'token/mechanism-missing': {
    what: 'The security token cannot do an operation that is needed: {mechanism|see the log}.',
    money: back,
    todo: 'A technician has to fit a token that can.',
  },
  'token/failed': {
    what: 'The security token reported a fault, so nothing was opened.',
    money: back,
    todo: 'Please choose again. If it happens again, tell the staff.',
  },
  'token/key-missing': {
    what: 'A key that is needed is not in the security token.',
    money: back,
    todo: 'A technician has to look at the machine.',
  },
  'token/destroy-unproven': {
    what: 'It could not be proven that the one-time key was destroyed, so nothing was poured.',
    money: 'You get your money back as a voucher.',
    todo: 'Please tell the staff: the machine needs the service before it sells again.',
  },
  'token/soft-refused': {
    what: 'This machine has only a development token, which is refused outside the demo.',
    money: '',
    todo: 'Fit a hardware token, or allow the development token knowingly.',
  },
  'token/unwrap-refused': {
    what: 'The security token refused to take in the key of this recipe.',
    money: back,
    todo: 'Please choose another drink and tell the staff.',
  },
  'token/state-not-authentic': {
    what: 'The machine’s own records of its stock were altered and are not used.',
    money: back,
    todo: 'A technician has to enter the stock again.',
  },
  // sealed recipes
  'recipe/malformed': { what: 'The recipe’s file is damaged.', money: back, todo: 'Please choose another drink.' },
  'recipe/not-authentic': {
    what: 'The recipe’s signature does not hold, so it is not used.',
    money: back,
    todo: 'Please choose another drink.',
  },
  'recipe/wrong-class': {
    what: 'This recipe was made for another kind of machine.',
    money: back,
    todo: 'Please choose another drink.',
  },
  'recipe/epoch-not-held': {
    what: 'This drink is sealed for a key that this machine does not hold (any more, or not yet).',
    money: back,
    todo: 'Please choose another drink. A technician can fetch the newer key from the machine’s maker.',
  },
  'recipe/digest-mismatch': {
    what: 'The recipe’s file is not the one that was published.',
    money: back,
    todo: 'Please choose another drink. The machine fetches the file again.',
  },
  'recipe/piece-not-authentic': {
    what: 'A part of the recipe was altered, so the machine stopped before using it.',
    money: 'You get your money back as a voucher.',
    todo: 'Please leave the glass if something was poured, and choose another drink.',
  },
  'recipe/over-bound': {
    what: 'The recipe asked for more than its author signed, so the machine stopped.',
    money: 'You get your money back as a voucher.',
    todo: 'Please leave the glass if something was poured, and choose another drink.',
  },
  'recipe/below-total': {
    what: 'The recipe ended with less than its author signed.',
    money: 'You get your money back as a voucher.',
    todo: 'Please leave the glass if something was poured, and choose another drink.',
  },
  'recipe/key-reused': {
    what: 'The recipe was sealed with a key that was used before, so it is not used.',
    money: back,
    todo: 'Please choose another drink. The author has to seal it again.',
  },
  'recipe/source-invalid': {
    what: 'The recipe’s source has a mistake at {at|an unknown place}: {reason|see the list}.',
    money: '',
    todo: 'Correct it and seal again.',
  },
  'recipe/revoked': {
    what: 'This recipe has been called back.',
    money: back,
    todo: 'Please choose another drink.',
  },
  'recipe/unknown': { what: 'This recipe is not known here.', money: nothing, todo: 'Please choose another drink.' },
  'recipe/wrong-root': {
    what: 'The maker’s root certificate is not the one whose fingerprint was given.',
    money: '',
    todo: 'Ask the maker for both again, by two different ways.',
  },
  'recipe/key-mismatch': {
    what: 'The author’s key and certificate do not belong together.',
    money: '',
    todo: 'Take the certificate that was issued for this key.',
  },
  // licences
  'licence/malformed': { what: 'The licence that arrived could not be read.', money: back, todo: later },
  'licence/not-authentic': {
    what: 'The licence that arrived is not authentic, so it is not used.',
    money: back,
    todo: later,
  },
  'licence/other-machine': { what: 'The licence that arrived is for another machine.', money: back, todo: later },
  'licence/gap': {
    what: 'A licence before this one is still missing; the machine is fetching it.',
    money: 'Your payment stands; the order goes on by itself.',
    todo: 'Please wait a moment.',
  },
  'licence/forked': {
    what: 'Two different licences carry the same number, so neither is used.',
    money: back,
    todo: 'Please tell the staff. The marketplace has to look into it.',
  },
  'licence/replayed': {
    what: 'This licence has been here before and is not used a second time.',
    money: back,
    todo: later,
  },
  'licence/order-unknown': { what: 'A licence arrived that this machine did not order.', money: back, todo: later },
  'licence/key-unknown': {
    what: 'The licence is bound to a key that is not of this machine.',
    money: back,
    todo: later,
  },
  'licence/key-gone': {
    what: 'The one-time key of this licence no longer exists: the licence was used or the machine was reset.',
    money: back,
    todo: later,
  },
  'licence/key-assigned': {
    what: 'The one-time key of this licence already belongs to another one.',
    money: back,
    todo: later,
  },
  'licence/prekeys-missing': {
    what: 'The machine is out of one-time keys and is making new ones.',
    money: back,
    todo: 'Please try again in a few minutes.',
  },
  'licence/manifest-mismatch': {
    what: 'The licence is for another edition of this recipe.',
    money: back,
    todo: later,
  },
  'licence/terms-unknown': {
    what: 'The licence has terms that this machine does not understand.',
    money: back,
    todo: 'Please choose another drink. The machine needs an update.',
  },
  'licence/expired': { what: 'The licence for this drink has run out.', money: back, todo: later },
  'licence/not-yet-valid': {
    what: 'The licence for this drink is not valid yet.',
    money: back,
    todo: 'Please choose another drink, and tell the staff: the machine’s clock may be wrong.',
  },
  'licence/spent': { what: 'This licence has been used already.', money: back, todo: later },
  'licence/none': { what: 'There is no licence for this drink in the machine.', money: back, todo: later },
  'licence/unsynced': {
    what: 'The machine has poured too many drinks that the marketplace has not booked yet.',
    money: back,
    todo: later,
  },
  'offer/not-authentic': {
    what: 'The marketplace’s offer is not authentic, so nothing is bought.',
    money: back,
    todo: later,
  },
  'licence/claim-refused': {
    what: 'Too much of this drink was poured for its licence to be replaced for nothing.',
    money: back,
    todo: staff,
  },
  'licence/claims-capped': {
    what: 'This machine has had as many licences replaced today as it may; a person looks at the next one.',
    money: back,
    todo: staff,
  },
  'licence/revoked': {
    what: 'The marketplace has called the licence for this drink back.',
    money: back,
    todo: 'Please choose another drink.',
  },
  'licence/list-stale': {
    what: 'The machine has not heard for too long which licences are called back, and pours no more until it has.',
    money: back,
    todo: later,
  },
  'licence/damaged': {
    what: 'The licence’s file on the machine is damaged; it is fetched again.',
    money: back,
    todo: later,
  },
  'offer/unknown': { what: 'The marketplace does not know the offer that was taken.', money: back, todo: later },
  'offer/expired': { what: 'The marketplace’s offer ran out before it was taken.', money: back, todo: later },
  'offer/nonce-mismatch': {
    what: 'The marketplace’s offer answers another question, so nothing is bought.',
    money: back,
    todo: later,
  },
  'offer/price-mismatch': {
    what: 'The price of the licence does not add up, so nothing is bought.',
    money: back,
    todo: later,
  },
  'offer/limit-reached': {
    what: 'The machine has reached its limit for buying licences.',
    money: back,
    todo: 'Please come back later, or ask the staff.',
  },
  // signed time
  'time/untrusted': {
    what: 'This drink’s licence is good for a certain time only, and the machine cannot be sure of the time now.',
    money: back,
    todo: later,
  },
  'time/nonce-mismatch': {
    what: 'An answer about the time was not to the machine’s question, so it was not used.',
    money: '',
    todo: staff,
  },
  'time/too-slow': {
    what: 'An answer about the time took longer than ten seconds, so it was not used.',
    money: '',
    todo: 'Nothing: the machine asks again.',
  },
  'time/older': {
    what: 'The marketplace named a time before one that it had signed already.',
    money: '',
    todo: staff,
  },
  // the machine
  'machine/revoked': {
    what: 'The marketplace serves this machine no more.',
    money: back,
    todo: staff,
  },
  'machine/quarantined': {
    what: 'This machine is locked until the service has looked at it.',
    money: back,
    todo: staff,
  },
  'machine/busy': {
    what: 'The machine is busy. Orders before yours: {before|at least one}.',
    money: 'Your order stands.',
    todo: 'Please wait until it is done.',
  },
  'machine/not-provisioned': {
    what: 'This machine has not been set up yet.',
    money: nothing,
    todo: 'A technician has to provision it first.',
  },
  'machine/profile-too-low': {
    what: 'The author sells this recipe only to machines whose keys never leave their security chip.',
    money: back,
    todo: 'Please choose another drink.',
  },
  'machine/no-grant': {
    what: 'The pumps are not released for this, so nothing moves.',
    money: '',
    todo: 'Start a service job first, or order a drink.',
  },
  'machine/glass-missing': {
    what: 'There is no glass under the outlet.',
    money: 'Your payment stands; nothing is lost.',
    todo: 'Place a glass, then touch Start.',
  },
  'machine/glass-changed': {
    what: 'Another glass stands under the outlet than before, so the rest was not poured.',
    money: back,
    todo: 'Please tell the staff if this was not you.',
  },
  'machine/held': {
    what: 'The drink is on hold.',
    money: 'Your payment stands; nothing is lost.',
    todo: 'Touch Go on when you are ready.',
  },
  'machine/interlock-open': {
    what: 'A door, a tray or another guard is open: {interlock|please check them}.',
    money: 'Your payment stands; nothing is lost.',
    todo: 'Close it, then touch Start. If you cannot, tell the staff.',
  },
  'machine/ingredient-missing': {
    what: 'Used up or not loaded: {ingredient|an ingredient}.',
    money: back,
    todo: 'Please choose another drink.',
  },
  'machine/not-feasible': {
    what: 'This machine cannot make this drink as its author wants it.',
    money: back,
    todo: 'Please choose another drink.',
  },
  'machine/alcohol-off': {
    what: 'Drinks with alcohol are not sold at this machine now.',
    money: back,
    todo: 'Please choose a drink without alcohol, or ask the staff.',
  },
  'machine/software-too-old': {
    what: 'This recipe needs newer software than the machine has: {needed|a later version}.',
    money: back,
    todo: 'Please choose another drink.',
  },
  'machine/glass-too-small': {
    what: 'This drink does not fit into the glasses of this machine; it has {needed_ml|more} ml.',
    money: back,
    todo: 'Please choose another drink.',
  },
  'machine/dose-too-small': {
    what: 'This machine cannot pour {dose_ml|so few} ml of {ingredient|an ingredient} well enough: it may be {error_ml|a few} ml off ({error_percent|some} %).',
    money: back,
    todo: 'Please choose another drink.',
  },
  'machine/line-blocked': {
    what: 'A line must be cleaned or calibrated first: {ingredient|an ingredient}.',
    money: back,
    todo: 'Please choose another drink, or tell the staff.',
  },
  'machine/line-too-slow': {
    what: 'The line with {ingredient|an ingredient} is too slow for this drink.',
    money: back,
    todo: 'Please choose another drink, or tell the staff.',
  },
  'machine/pump-limit': {
    what: 'This drink may need more {ingredient|of an ingredient} ({needed_ml|too many} ml) than its pump may pour in one go.',
    money: back,
    todo: 'Please choose another drink.',
  },
  'machine/too-few-pumps': {
    what: 'This drink wants {needed|more} pumps running at once, more than this machine can run.',
    money: back,
    todo: 'Please choose another drink.',
  },
  'machine/power-short': {
    what: 'This drink may need {needed_w|more} W of pump power at once, more than this machine has.',
    money: back,
    todo: 'Please choose another drink.',
  },
  'machine/burn-failed': {
    what: 'The licence could not be marked as used, so nothing was poured.',
    money: 'You get your money back as a voucher.',
    todo: 'Please choose again. If it happens again, tell the staff.',
  },
  'machine/pour-interrupted': {
    what: 'Pouring was stopped before the drink was finished.',
    money: 'What you paid comes back to you as a voucher.',
    todo: 'Please leave the glass and ask the staff. The drink is never poured on by itself.',
  },
  'machine/pour-partial': {
    what: 'Not everything came out, so this drink is not as it should be.',
    money: 'What you paid comes back to you as a voucher.',
    todo: 'Please do not serve it as it is. Choose again or ask the staff.',
  },
  'machine/cell-unreachable': {
    what: 'The pouring unit of the machine does not answer.',
    money: 'Nothing is lost: a paid order goes on, or the money comes back as a voucher.',
    todo: 'Please wait a moment. If it stays like this, tell the staff.',
  },
  'machine/power-cut': {
    what: 'The power failed while your drink was being made.',
    money: 'What you paid comes back to you as a voucher.',
    todo: 'Please leave the glass and ask the staff. The drink is never poured on by itself.',
  },
  'machine/not-quarantined': {
    what: 'This machine is not in quarantine.',
    money: nothing,
    todo: 'Look at the machines first (decant marketplace machines).',
  },
  'machine/journal-unclear': {
    what: '{journals|Several} journals report under the name of this machine, and {meant|none or several} of them fit what was given.',
    money: nothing,
    todo: 'Read the head at the machine that is to go on (decant status) and give its first digits.',
  },
  'machine/retired': {
    what: 'This machine was taken out of service for good.',
    money: back,
    todo: staff,
  },
  'machine/not-retired': {
    what: 'The machine is still in service: it has to be decommissioned, or reported lost, before another follows it.',
    money: nothing,
    todo: 'Decommission it (decant decommission) or report it lost first.',
  },
  'machine/two-people': {
    what: 'A lost token has to be reported by two people.',
    money: nothing,
    todo: 'Give the names of the operator and of the technician.',
  },
  // keeping the machine
  'service/key-missing': {
    what: 'The service key of this machine is not turned.',
    money: '',
    todo: 'Turn it, and ask again.',
  },
  'service/amount-missing': {
    what: 'How much line {line|this one} holds is not known, so `{program|this program}` does not know how much to move.',
    money: '',
    todo: 'Say how much with --ml, or write `dead_volume_ul` of the line into machine.yaml.',
  },
  'service/plan-missing': {
    what: 'How line {line|this one} is cleaned is not in machine.yaml.',
    money: '',
    todo: 'Name --product, --contact and --rinse-ml, or write the plan into machine.yaml.',
  },
  'calibration/dose-unknown': {
    what: 'Dose {job|number unknown} was not measured out by this line since the machine started.',
    money: '',
    todo: 'Begin the calibration again.',
  },
  'calibration/too-few-doses': {
    what: 'At drive {drive|unknown} there are {doses|too few} doses; {needed|three} are needed.',
    money: '',
    todo: 'Measure more of the same, and calibrate again. Nothing was changed.',
  },
  'calibration/spread-too-large': {
    what: 'Doses at drive {drive|unknown} differ by {ml|too many} ml ({percent|too many} %).',
    money: '',
    todo: 'Let the scale come to rest, look for air in the line, and measure again. Nothing was changed.',
  },
  'calibration/flow-falls': {
    what: 'At drive {drive|unknown} no more flows than at the one below it.',
    money: '',
    todo: 'Look for a kinked hose or an empty bottle, and measure again. Nothing was changed.',
  },
  'calibration/out-of-range': {
    what: 'What was weighed at drive {drive|unknown} no pump can have poured.',
    money: '',
    todo: 'Check unit and scale, and measure again. Nothing was changed.',
  },
  'calibration/lag-implausible': {
    what: 'Short and long doses do not fit together: the pump would start {ms|too} ms late.',
    money: '',
    todo: 'Check what was weighed with which dose, and measure again. Nothing was changed.',
  },
  'calibration/none-before': {
    what: 'Line {line|this one} has no earlier calibration.',
    money: '',
    todo: 'There is nothing to take back.',
  },
  // outputs
  'dispenser/over-limit': {
    what: 'A pump was asked for more than it may, so the machine stopped.',
    money: back,
    todo: staff,
  },
  'dispenser/late': {
    what: 'A pump step came too late, so the machine stopped.',
    money: back,
    todo: 'Please leave the glass and choose again. If it happens again, tell the staff.',
  },
  'dispenser/lease-expired': {
    what: 'The pumps lost their controller and switched themselves off.',
    money: back,
    todo: 'Please leave the glass and tell the staff.',
  },
  'dispenser/unknown-pump': {
    what: 'A pump that is needed is not configured: {pump|see the log}.',
    money: back,
    todo: 'A technician has to configure it.',
  },
  'dispenser/output-stuck': {
    what: 'An output did not switch off, so the machine has locked its pumps.',
    money: back,
    todo: 'Please step back and tell the staff at once.',
  },
  'dispenser/supply-lost': {
    what: 'The pumps have no power: the emergency stop was pressed, or their supply has failed.',
    money: back,
    todo: 'Please tell the staff. Nothing starts again by itself.',
  },
  'dispenser/no-flow': {
    what: 'A pump ran and nothing came: a bottle is empty or a line is blocked.',
    money: back,
    todo: 'Please tell the staff, and choose another drink.',
  },
  'dispenser/failed': {
    what: 'The pumps reported a fault, so the machine stopped.',
    money: back,
    todo: 'Please leave the glass and tell the staff.',
  },
  'dispenser/no-chip': {
    what: 'This computer has no GPIO chip {wanted|of a known name}; it has: {found|none}.',
    money: nothing,
    todo: 'A technician has to name one of those as hardware.chip in machine.yaml.',
  },
  'dispenser/line-taken': {
    what: 'Something else on this computer uses {line|a line} of {chip|the GPIO chip}: {by|unknown}.',
    money: nothing,
    todo: 'A technician has to end it or to choose another line.',
  },
  'dispenser/link-lost': {
    what: 'The connection to the pumps was lost, so they switched themselves off.',
    money: back,
    todo: 'Please leave the glass and tell the staff.',
  },
  'dispenser/reset': {
    what: 'The controller of the pumps restarted, so they are off.',
    money: back,
    todo: 'Please leave the glass and tell the staff.',
  },
  'dispenser/port-unavailable': {
    what: 'The connection to the pumps cannot be opened.',
    money: back,
    todo: staff,
  },
  'dispenser/board-silent': {
    what: 'The controller of the pumps does not answer.',
    money: back,
    todo: staff,
  },
  'dispenser/firmware-too-old': {
    what: 'The controller of the pumps has other software than this machine needs.',
    money: back,
    todo: 'A technician has to update it.',
  },
  'dispenser/pin-refused': {
    what: 'A connection of the pumps is not as the configuration says: {pin|see the log}.',
    money: back,
    todo: 'A technician has to correct it.',
  },
  // journal
  'journal/torn': {
    what: 'The last entry of the machine’s journal was cut off by a power failure and was repaired.',
    money: '',
    todo: 'There is nothing to do; the entry is listed in the log.',
  },
  'journal/broken': {
    what: 'The machine’s journal is damaged, so nothing is sold.',
    money: back,
    todo: 'A technician has to look at the machine.',
  },
  'journal/rolled-back': {
    what: 'The machine’s journal is older than the marketplace remembers, so nothing is sold.',
    money: back,
    todo: 'The marketplace has to release the machine before it sells again.',
  },
  'disk/failed': {
    what: 'The machine could not write or read its memory, so nothing was started.',
    money: back,
    todo: staff,
  },
  // money
  'payment/underpaid': {
    what: 'Less money arrived than the drink costs.',
    money: 'What arrived is credited to this order.',
    todo: 'Please send the rest to the same address, or cancel and take a voucher.',
  },
  'payment/expired': {
    what: 'The time to pay for this order ran out.',
    money: 'If you pay now after all, you get a voucher for it.',
    todo: 'Please order again if you still want the drink.',
  },
  'payment/late': {
    what: 'The payment arrived after the time had run out.',
    money: 'You get a voucher for all of it.',
    todo: 'Order again and pay with the voucher.',
  },
  'payment/reorganised': {
    what: 'The Bitcoin network took back the block with the payment.',
    money: 'Nothing is lost: the payment is usually confirmed again by itself.',
    todo: 'Please wait, or ask the staff.',
  },
  'payment/unknown': {
    what: 'The Bitcoin network cannot be asked at the moment.',
    money: 'A payment that is on its way is not lost: it is found as soon as the network answers.',
    todo: 'Please wait a moment. If it stays like this, tell the staff.',
  },
  'payment/wrong-network': {
    what: 'The payment is for another Bitcoin network than this machine’s.',
    money: 'No money arrived here.',
    todo: 'Please use a wallet for the right network.',
  },
  'payment/refused': {
    what: 'The payment was refused by the Bitcoin network.',
    money: 'The money stays in the wallet that sent it.',
    todo: 'Please try to pay again.',
  },
  'payment/address-reused': {
    what: 'No fresh address could be made for this payment.',
    money: nothing,
    todo: staff,
  },
  'payment/balance-low': {
    what: 'The machine’s own balance is too low to buy the licence.',
    money: back,
    todo: 'Please tell the staff: the operator has to top it up.',
  },
  'payment/voucher-unknown': {
    what: 'This voucher is not known here.',
    money: nothing,
    todo: 'Please check the code, letter by letter.',
  },
  'payment/voucher-used': {
    what: 'This voucher has been used already.',
    money: nothing,
    todo: 'Please pay in another way, or ask the staff.',
  },
  'payment/voucher-too-small': {
    what: 'The voucher is worth {balance|less} satoshi, less than the price of {wanted|the drink}.',
    money: 'The voucher stays good.',
    todo: 'Please choose another drink, or pay in another way.',
  },
  'payment/voucher-locked': {
    what: 'Too many wrong voucher codes were entered. For {minutes|some} minutes no voucher is taken.',
    money: 'Your voucher stays good.',
    todo: 'Please wait, or pay in another way.',
  },
  // marketplace
  'marketplace/unreachable': {
    what: 'The marketplace cannot be reached, so no new licence can be bought.',
    money: 'If you have already paid, your order stands; give it up, and the money comes back as a voucher.',
    todo: 'Please wait, or come back later. A paid order goes on by itself.',
  },
  'marketplace/refused': { what: 'The marketplace refused to sell the licence.', money: back, todo: later },
  'marketplace/not-authorised': {
    what: 'The marketplace does not let this machine in.',
    money: back,
    todo: 'Please tell the staff: the machine’s certificate has to be checked.',
  },
  'marketplace/unknown-machine': {
    what: 'The marketplace does not know this machine.',
    money: back,
    todo: 'Please tell the staff: the machine has to be enrolled.',
  },
  'marketplace/unknown-order': { what: 'The marketplace does not know this order.', money: back, todo: later },
  'marketplace/duplicate': {
    what: 'The marketplace has this already, with other content.',
    money: 'Nothing is charged twice.',
    todo: staff,
  },
  'marketplace/too-many-requests': {
    what: 'The marketplace was asked too often in too short a time.',
    money: '',
    todo: 'Please wait a moment; the machine tries again by itself.',
  },
  'broker/unreachable': {
    what: 'The message service cannot be reached; the machine asks the marketplace directly.',
    money: '',
    todo: 'There is nothing to do; orders may take a little longer.',
  },
  // orders
  'order/unknown': {
    what: 'This order is not known here.',
    money: 'If you have paid, show the transaction to the staff.',
    todo: 'Please order again.',
  },
  'order/wrong-state': {
    what: 'That is not possible any more: the order has moved on.',
    money: '',
    todo: 'Please look at what the screen says now.',
  },
  'order/duplicate': {
    what: 'This order exists already, for another drink.',
    money: nothing,
    todo: 'Please go back and order again.',
  },
  'order/too-many': {
    what: 'Too many orders were begun in the last hour and not paid.',
    money: nothing,
    todo: 'Please try again later, or pay with a voucher.',
  },
  'order/broken': {
    what: 'Something went wrong that nobody foresaw. It is noted under order number {number|on this screen}.',
    money: 'What you have paid is noted too, and comes back to you.',
    todo: staff,
  },
  // provisioning, and the machine maker
  'provision/audit-broken': {
    what: 'The audit record of provisioning is damaged at entry {entry|not known}.',
    money: '',
    todo: 'Keep the file and find out who changed it; then begin again with an empty token and an empty folder.',
  },
  'provision/token-differs': {
    what: 'The object {object|of the token} is not what it must be: {attribute|an attribute} should be {expected|otherwise} and is {found|not}.',
    money: '',
    todo: 'Do not use this token: decommission it, find out how the object came into it, and begin again.',
  },
  'provision/object-unknown': {
    what: 'The token holds an object that has no business there: {object|not named}.',
    money: '',
    todo: 'Provision an empty token: decommission this one first, if it is yours.',
  },
  'provision/epoch-held': {
    what: 'The machine already holds epoch {epoch|of this number} of its class key.',
    money: '',
    todo: 'Ask the maker for a newer one, if there is one.',
  },
  'provision/epoch-too-old': {
    what: 'Epoch {epoch|of this number} of the class key is older than the three that the machine keeps.',
    money: '',
    todo: 'Ask the maker for the newest one.',
  },
  'provision/anchors-stale': {
    what: 'The list of trusted makers has version {version|unknown}; after version {held|held} the next one is needed.',
    money: '',
    todo: 'Take the lists one after the other, in their order.',
  },
  'provision/voucher-used': {
    what: 'The owner’s voucher of this machine was used before.',
    money: '',
    todo: 'Ask the maker for a new voucher, and find out who used this one.',
  },
  'maker/epoch-unknown': {
    what: 'The maker holds no key of epoch {epoch|of this number} for the class {class|of this name}.',
    money: '',
    todo: 'Use one of the epochs that are live, or make the next one with `decant maker class-key rotate`.',
  },
  'maker/enrolment-missing': {
    what: 'There is no enrolment record of the machine {machine|of this name}.',
    money: '',
    todo: 'Say what its token is with --token and --profile; that is then written down.',
  },
  'maker/enrolment-differs': {
    what: 'The enrolment record of {machine|this machine} says otherwise: {found|another token}.',
    money: '',
    todo: 'Look at the machine. If its token was changed on purpose, say so with --replace.',
  },
  'release/file-differs': {
    what: 'The file {path|of this release} is not the one that the maker signed.',
    money: '',
    todo: 'Do not install it: fetch the release again and tell the maker.',
  },
  // set-up
  'config/invalid': {
    what: 'The configuration has a mistake: {reason|see the list}.',
    money: '',
    todo: 'Correct it and start again.',
  },
  'config/process-ended': {
    what: 'A part of the program ({command|one of its processes}) ended while it was starting.',
    money: '',
    todo: 'Read why in its log, {log|in the folder logs of the state folder}, mend it, and start again.',
  },
  'config/port-taken': {
    what: 'Another program already uses port {port|of this service}.',
    money: '',
    todo: 'End the other program, or choose another port with {option|the option for it}.',
  },
  'config/package-missing': {
    what: 'A package that is needed is not installed: {package|see the log}.',
    money: '',
    todo: 'Install it and start again.',
  },
  'usage/wrong': { what: 'The command was not understood.', money: '', todo: 'Look at the help and try again.' },
  'usage/option-missing': { what: 'Missing: {option|something that is needed}.', money: '', todo: 'See --help.' },
  'usage/option-wrong': {
    what: 'The option {option|given} cannot be {value|what was given}.',
    money: '',
    todo: 'See --help for what it may be.',
  },
  'usage/option-unknown': { what: 'There is no option {option|of this name}.', money: '', todo: 'See --help.' },
  'usage/argument-unknown': {
    what: 'The argument “{argument|given}” is not understood.',
    money: '',
    todo: 'See --help for what may stand there.',
  },
  'file/unreadable': {
    what: 'The file {path|named} cannot be read ({reason|no reason given}).',
    money: '',
    todo: 'Check its name and who may read it.',
  },
  'file/unwritable': {
    what: 'The file {path|named} cannot be written ({reason|no reason given}).',
    money: '',
    todo: 'Check the folder and who may write there.',
  },
  // a process of this computer
  'process/debuggable': {
    what: 'The cell does not start where it could be watched or told to write its memory down: {setting|a debugger} is set.',
    money: '',
    todo: 'Start it without; `decant cell` and its unit do.',
  },
  'process/memory-not-lockable': {
    what: 'The cell may lock {allowed|too few} bytes of memory and needs {needed|more}: what is secret could reach swap.',
    money: '',
    todo: 'Raise the limit (`ulimit -l`; in a unit LimitMEMLOCK=) and start it again.',
  },
  'memory/no-process': {
    what: 'There is no process with the number {pid|given}.',
    money: '',
    todo: 'Look its number up again: it may have ended.',
  },
  'memory/not-permitted': {
    what: 'The memory of process {pid|of this number} may not be read ({reason|no reason given}).',
    money: '',
    todo: 'Try again as root. A cell lets nobody else look, not even its own account.',
  },
};
