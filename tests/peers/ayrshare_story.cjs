// A script for Ayrshare's client on npm, as its users write them. Only the address is ours: AYRSHARE is the client with
// its one line for that replaced.
const fs = require("fs");
const SocialPost = require(process.env.AYRSHARE);

async function main(text, picture) {
  const social = new SocialPost(process.env.KEY);
  const found = { user: await social.user() };
  const file = "data:image/jpeg;base64," + fs.readFileSync(picture).toString("base64");
  found.upload = await social.upload({ file, fileName: "sale.jpg", description: "The sale" });
  const post = { post: text, platforms: ["bluesky"], mediaUrls: [found.upload.url] };
  found.now = await social.post({ ...post });
  found.again = await social.post({ ...post });
  const scheduleDate = new Date(Date.now() + 2 * 86400000).toISOString();
  found.scheduled = await social.post({ post: `${text} later`, platforms: ["bluesky"], scheduleDate });
  found.history = await social.history({ lastDays: 0 });
  found.read = await social.history({ id: found.now.id });
  found.canceled = await social.delete({ id: found.scheduled.id });
  found.withdrawn = await social.delete({ id: found.now.id });
  found.refused = await social.post({ post: "x".repeat(5000), platforms: ["bluesky"], shortenLinks: true });
  return found;
}

main(...process.argv.slice(2)).then((found) => console.log(JSON.stringify(found)));
