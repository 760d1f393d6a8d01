import { lookup } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'

/** A host of this machine or its networks, which strangers must not reach through the server. */
export class PrivateAddressError extends Error {
  constructor (host: string) {
    super(`${host} has an address that is not public; spell the host out in [images] remote_images to allow it`)
  }
}

/** Loopback, private, link-local, shared, reserved and multicast (RFC 6890 and its registries). */
const NOT_PUBLIC = new BlockList()
for (const [network, prefix] of [
  ['0.0.0.0', 8], ['10.0.0.0', 8], ['100.64.0.0', 10], ['127.0.0.0', 8], ['169.254.0.0', 16], ['172.16.0.0', 12], ['192.0.0.0', 24],
  ['192.0.2.0', 24], ['192.168.0.0', 16], ['198.18.0.0', 15], ['198.51.100.0', 24], ['203.0.113.0', 24], ['224.0.0.0', 4], ['240.0.0.0', 4]
] as const) NOT_PUBLIC.addSubnet(network, prefix, 'ipv4')
for (const [network, prefix] of [
  ['::', 96], ['64:ff9b::', 96], ['64:ff9b:1::', 48], ['100::', 64], ['2001::', 23], ['2001:db8::', 32], ['2002::', 16], ['fc00::', 7], ['fe80::', 10], ['fec0::', 10], ['ff00::', 8]
] as const) NOT_PUBLIC.addSubnet(network, prefix, 'ipv6')

/** Tells whether an address is one of the public Internet. */
export function isPublicAddress (address: string): boolean {
  const version = isIP(address)
  return version !== 0 && !NOT_PUBLIC.check(address, version === 4 ? 'ipv4' : 'ipv6')
}

/** Refuses a host that is written as an address, for which nothing is looked up. @throws PrivateAddressError */
export function checkHost (hostname: string): void {
  const host = hostname.replace(/^\[|\]$/g, '')
  if (isIP(host) !== 0 && !isPublicAddress(host)) throw new PrivateAddressError(host)
}

/** Looks a host up for the connection that is made with the answer, so that no second answer can differ from the one that was checked. */
export const lookupPublic: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, options, (error, address, family) => {
    const addresses = typeof address === 'string' ? [address] : address?.map((entry) => entry.address) ?? []
    if (error === null && !addresses.every(isPublicAddress)) callback(new PrivateAddressError(hostname), address, family)
    else callback(error, address, family)
  })
}
