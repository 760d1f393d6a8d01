import t from 'tap'
import { checkHost, isPublicAddress, lookupPublic, PrivateAddressError } from '../../../lib/site/images/private-addresses.ts'

t.test('addresses of the public Internet are told from others', async (t) => {
  for (const address of ['1.1.1.1', '93.184.216.34', '172.32.0.1', '2606:4700::1111', '::ffff:8.8.8.8']) t.ok(isPublicAddress(address), address)
  const others = [
    '0.0.0.0', '10.1.2.3', '100.64.0.1', '127.0.0.1', '127.255.255.254', '169.254.169.254', '172.16.0.1', '172.31.255.255', '192.168.1.1', '198.18.0.1', '224.0.0.1',
    '255.255.255.255', '::', '::1', '::127.0.0.1', '::ffff:127.0.0.1', '::ffff:a00:1', 'fd00::1', 'fe80::1', 'ff02::1', '64:ff9b::7f00:1', '2002:7f00:1::', 'no address', ''
  ]
  for (const address of others) t.notOk(isPublicAddress(address), address)
})

t.test('a host that is written as an address is checked', async (t) => {
  // URLs write an address in one way, whatever way it was given in.
  for (const url of ['http://127.0.0.1/', 'http://2130706433/', 'http://0x7f.1/', 'http://0177.0.0.1/', 'http://[::1]/', 'http://[::ffff:7f00:1]/', 'http://127.1/']) {
    t.throws(() => checkHost(new URL(url).hostname), { message: /not public/ }, url)
  }
  for (const url of ['http://1.1.1.1/', 'http://[2606:4700::1111]/', 'http://example.com/']) t.doesNotThrow(() => checkHost(new URL(url).hostname), url)
})

t.test('a name that leads to such an address is refused when it is looked up', async (t) => {
  for (const all of [true, false]) {
    const error = await new Promise((resolve) => lookupPublic('localhost', { all }, resolve))
    t.type(error, PrivateAddressError)
  }
})
