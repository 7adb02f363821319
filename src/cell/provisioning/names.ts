/** Labels of the machine's keys in its token. */
export const keyLabels = { identity: 'identity', transport: 'transport' } as const;

/** Files of provisioning in the cell's folder, beside the audit record. Public facts all of them. */
export const paths = {
  /** Whose machine this is, as the first run was told (CBOR). */
  plan: 'provisioning/plan.cbor',
  request: 'provisioning/request.p10',
  certificate: 'provisioning/identity.der',
  /** TRANSPORT_REQ that is out, and the nonce that the answer must bring back. */
  transport: 'provisioning/transport.cose',
  nonce: 'provisioning/transport-nonce',
} as const;
