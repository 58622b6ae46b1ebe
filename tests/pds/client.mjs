// What the reference server makes of a client: it reads the client's metadata, as it would from the web.
//
// usage: node client.mjs '{"clientId": "https://…", "metadata": {…}}'
// Prints the client's metadata as understood, or fails with the reason why it is refused.
// The package exports only the whole provider, so the part that judges clients is imported by its file.
const PROVIDER = './node_modules/@atproto/oauth-provider/dist'
const { ClientManager } = await import(`${PROVIDER}/client/client-manager.js`)
const { buildMetadata } = await import(`${PROVIDER}/metadata/build-metadata.js`)
const { Keyset } = await import('./node_modules/@atproto/jwk/dist/index.js')
const { SimpleStoreMemory } = await import('./node_modules/@atproto-labs/simple-store-memory/dist/index.js')

const { clientId, metadata } = JSON.parse(process.argv[2])
const headers = { 'content-type': 'application/json' }
const fetch = async (request) =>
  new Response(request.url === clientId ? JSON.stringify(metadata) : '', {
    status: request.url === clientId ? 200 : 404,
    headers,
  })
const cache = () => new SimpleStoreMemory({ max: 10 })
const server = buildMetadata('https://pds.example', new Keyset([]), {})
const clients = new ClientManager(server, new Keyset([]), {}, null, null, fetch, cache(), cache())
try {
  console.log(JSON.stringify((await clients.getClient(clientId)).metadata))
} catch (error) {
  console.error(`${error.error_description ?? error} ${error.cause ?? ''}`)
  process.exit(1)
}
