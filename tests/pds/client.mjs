// What the reference server makes of a client: it reads the client's metadata and keys, as it would from the web, and
// then checks an assertion of the client's.
//
// usage: node client.mjs '{"clientId": "https://…", "metadata": {…}, "jwks": {…}, "assertion": {…}}'
// Prints {metadata, auth} as understood, or fails with the reason why the client is refused.
// The package exports only the whole provider, so the part that judges clients is imported by its file.
const PROVIDER = './node_modules/@atproto/oauth-provider/dist'
const { ClientManager } = await import(`${PROVIDER}/client/client-manager.js`)
const { buildMetadata } = await import(`${PROVIDER}/metadata/build-metadata.js`)
const { Keyset } = await import('./node_modules/@atproto/jwk/dist/index.js')
const { SimpleStoreMemory } = await import('./node_modules/@atproto-labs/simple-store-memory/dist/index.js')

const ISSUER = 'https://pds.example'
const { clientId, metadata, jwks, assertion } = JSON.parse(process.argv[2])
const served = { [clientId]: metadata, [metadata.jwks_uri]: jwks }
const headers = { 'content-type': 'application/json' }
const fetch = async (request) => {
  const body = served[request.url]
  return new Response(body ? JSON.stringify(body) : '', { status: body ? 200 : 404, headers })
}
const cache = () => new SimpleStoreMemory({ max: 10 })
const server = buildMetadata(ISSUER, new Keyset([]), {})
const clients = new ClientManager(server, new Keyset([]), {}, null, null, fetch, cache(), cache())
try {
  const client = await clients.getClient(clientId)
  const sent = { client_id: clientId, ...assertion }
  const auth = await client.authenticate(sent, { authorizationServerIdentifier: ISSUER })
  console.log(JSON.stringify({ metadata: client.metadata, auth }))
} catch (error) {
  console.error(`${error.error_description ?? error} ${error.cause ?? ''}`)
  process.exit(1)
}
