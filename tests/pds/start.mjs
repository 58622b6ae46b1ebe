// A real Bluesky PDS and its PLC directory on 127.0.0.1, for tests.
//
// usage: node start.mjs '{"dataDir": "...", "accounts": ["alice"], "rateLimits": false}'   (or PDS_CONFIG)
// Prints one JSON line {pds, plc, adminPassword, accounts: [{did, handle, password, appPassword}]} once
// everything answers. Ends on SIGTERM, SIGINT or when stdin closes, so it never outlives its parent.
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { createServer as createTcpServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

process.env.LOG_ENABLED ??= 'false' // read by the PDS when it is imported
const { Secp256k1Keypair } = await import('@atproto/crypto')
const { PDS, envToCfg, envToSecrets } = await import('@atproto/pds')
const { Database, PlcServer } = (await import('@did-plc/server')).default

const HOST = '127.0.0.1'
const config = JSON.parse(process.argv[2] ?? process.env.PDS_CONFIG ?? '{}')
const ownDir = config.dataDir ? null : mkdtempSync(join(tmpdir(), 'pds-'))
const dataDir = config.dataDir ?? ownDir

const freePort = () =>
  new Promise((resolve, reject) => {
    const probe = createTcpServer().once('error', reject)
    probe.listen(0, HOST, () => {
      const { port } = probe.address()
      probe.close(() => resolve(port))
    })
  })

// Both servers listen on every interface unless told otherwise.
const onLoopback = (app) => {
  app.listen = (port) => createHttpServer(app).listen(port, HOST)
}

const call = async (base, method, body, token) => {
  const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) }
  const response = await fetch(`${base}/xrpc/${method}`, { method: 'POST', headers, body: JSON.stringify(body) })
  if (!response.ok) throw new Error(`${method}: ${response.status} ${await response.text()}`)
  return response.json()
}

const createAccount = async (base, name) => {
  const password = randomBytes(12).toString('hex')
  const account = { handle: `${name}.test`, email: `${name}@example.com`, password }
  const session = await call(base, 'com.atproto.server.createAccount', account)
  const minted = await call(base, 'com.atproto.server.createAppPassword', { name: 'munadi' }, session.accessJwt)
  return { did: session.did, handle: session.handle, password, appPassword: minted.password }
}

const startPds = async (port, plcUrl, adminPassword) => {
  const rotationKey = Buffer.from(await (await Secp256k1Keypair.create({ exportable: true })).export())
  const env = {
    port,
    hostname: 'localhost',
    devMode: true,
    dataDirectory: dataDir,
    blobstoreDiskLocation: join(dataDir, 'blobs'),
    didPlcUrl: plcUrl,
    serviceHandleDomains: ['.test'],
    inviteRequired: false,
    rateLimitsEnabled: config.rateLimits ?? false,
    adminPassword,
    jwtSecret: randomBytes(16).toString('hex'),
    plcRotationKeyK256PrivateKeyHex: rotationKey.toString('hex'),
  }
  const pds = await PDS.create(envToCfg(env), envToSecrets(env))
  onLoopback(pds.app)
  await pds.start()
  return pds
}

const plcPort = await freePort()
const plc = PlcServer.create({ db: Database.mock(), port: plcPort })
onLoopback(plc.app)
await plc.start()
const plcUrl = `http://${HOST}:${plcPort}`
const adminPassword = randomBytes(12).toString('hex')
const port = config.port ?? (await freePort())
const pds = await startPds(port, plcUrl, adminPassword)

const stop = async () => {
  setTimeout(() => process.exit(0), 3000).unref() // a hanging connection must not keep us
  await pds.destroy().catch(() => {})
  await plc.destroy().catch(() => {})
  if (ownDir) rmSync(ownDir, { recursive: true, force: true })
  process.exit(0)
}
process.once('SIGTERM', stop).once('SIGINT', stop)
process.stdin.on('error', stop).once('end', stop).once('close', stop).resume()

const base = `http://${HOST}:${port}`
const accounts = []
for (const name of config.accounts ?? []) accounts.push(await createAccount(base, name))
console.log(JSON.stringify({ pds: base, plc: plcUrl, adminPassword, accounts }))
