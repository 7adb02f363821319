import type { TrustAnchors } from '#wire/certificate-chain.ts';
import type { Provisioned } from '../identity.ts';
import type { ProvisionPlan } from './run.ts';

/** The plan of a machine in service, as it is: with a further epoch nothing else changes. */
export function epochPlan(provisioned: Provisioned, anchors: TrustAnchors): ProvisionPlan {
  return {
    machine: provisioned.machine,
    name: provisioned.name,
    machineClass: provisioned.machine_class,
    keyClass: /^class-(.+)-\d+$/.exec(provisioned.class_keys[0]?.label ?? '')?.[1] ?? '',
    issuer: provisioned.issuer,
    anchors,
  };
}
