// Finds pages and parts of them. The query is looked up in the index (the docstring of site_builder/writing/search
// says how that lies); the texts of the pages that it names are then looked through, so that what is shown
// does hold the words. A module, fetched when a reader first searches.

const PARTS = 3; // Shown of one page.
const WEIGHTS = [1, 1.5, 4, 8]; // Of a term in the text, often in it, in a heading, in the title.

// Where the files are, and which of them were fetched.
const makeLoader = (site) => {
  const loaded = new Map();
  return (path, version) => {
    const url = new URL(`_site/search/${path.split("/").map(encodeURIComponent).join("/")}`, site);
    if (version) url.search = `h=${version}`;
    if (!loaded.has(url.href)) {
      // Only the manifest has no version: it says what those of the others are.
      const answer = fetch(url, version ? {} : { cache: "no-cache" }).then((response) => {
        if (!response.ok) throw new Error(`${response.status}: ${url}`);
        return response.json();
      });
      answer.catch(() => loaded.delete(url.href));
      loaded.set(url.href, answer);
    }
    return loaded.get(url.href);
  };
};

// No difference of width, case, accents or vowel points.
const makeNormalizer = ({ ignored, same }) => {
  const left = new RegExp(ignored, "gu");
  const others = new RegExp(`[${Object.keys(same).join("")}]`, "gu");
  return (text) => text.normalize("NFKD").replace(left, "").normalize("NFC").toLowerCase().replace(others, (letter) => same[letter]);
};

// The words of a query, each with the runs of letters that the index knows of it.
const parse = (plain, { run, unspaced }) => {
  const words = [...new Set(plain.split(/\s+/))].filter(Boolean).slice(0, 10);
  return words.map((word) => ({
    word,
    runs: [...word.matchAll(new RegExp(run, "gu"))].map(({ 0: text, index }) => ({
      letters: [...text],
      unspaced: new RegExp(unspaced, "u").test(text),
      starts: index > 0, // It begins where a word of the text does,
      ends: index + text.length < word.length, // and ends where one does.
    })),
  })).filter(({ runs }) => runs.length);
};

// Pages by the index: maps of their numbers to their scores

const add = (pages, entry, factor) => {
  let page = -1;
  for (const step of entry ?? []) {
    page += step >> 2;
    pages.set(page, Math.max(pages.get(page) ?? 0, factor * WEIGHTS[step & 3]));
  }
};
const inBoth = (one, other, combine) => {
  const shared = [...one.keys()].filter((page) => other.has(page));
  return new Map(shared.map((page) => [page, combine(one.get(page), other.get(page))]));
};
const inAll = (maps, combine) => maps.reduce((one, other) => inBoth(one, other, combine));

const shardOf = (key, shards) => {
  let total = 0;
  for (const letter of key) total = (Math.imul(total, 131) + letter.codePointAt(0)) >>> 0;
  return total % shards;
};

const makeLookup = (load, corpora) => {
  const lookUp = async (key, take) => {
    const shards = await Promise.all(corpora.map(({ name, shards, version }) => load(`${name}/${shardOf(key, shards)}.json`, version)));
    const pages = new Map();
    for (const shard of shards) take(pages, shard);
    return pages;
  };
  const ofGram = (gram) => lookUp(gram, (pages, { words, grams }) => {
    add(pages, grams[gram], 1);
    add(pages, words[gram], 3);
  });
  const ofWord = ({ letters, starts, ends }) => {
    const text = letters.slice(0, 32).join(""); // The index cuts what is longer than twice this.
    const fits = (word) => (starts ? word.startsWith(text) : word.includes(text))
      && (!ends || letters.length > 32 || word.endsWith(text));
    return lookUp(letters.slice(0, 3).join(""), (pages, { words }) => {
      for (const [word, entry] of Object.entries(words)) {
        if (fits(word)) add(pages, entry, word === text ? 3 : word.startsWith(text) ? 2 : 1);
      }
    });
  };
  const ofRun = async (run) => {
    const { letters, unspaced } = run;
    if (letters.length < 3) return ofGram(letters.join(""));
    if (!unspaced) return ofWord(run);
    return inAll(await Promise.all(letters.slice(1, 17).map((letter, at) => ofGram(letters[at] + letter))), Math.min);
  };
  return async (words) => {
    const ofWords = words.map(async ({ runs }) => inAll(await Promise.all(runs.map(ofRun)), Math.min));
    const scores = inAll(await Promise.all(ofWords), (score, more) => score + more);
    return [...scores.keys()].sort((one, other) => scores.get(other) - scores.get(one) || one - other);
  };
};

// Whether the index alone knows which pages have the word.
const isCertain = ({ word, runs: [{ letters, unspaced }] }) =>
  letters.join("") === word && letters.length <= (unspaced ? 2 : 32);

// Parts by the texts: which words of the query each of them holds, and how well

const highest = (scores) => scores[0].map((_, at) => Math.max(...scores.map((one) => one[at])));

// The parts of a page, one for each heading; the code of a section belongs to its first.
const partsOf = (prose, code) => {
  const named = new Set(prose.parts.map(([number]) => number));
  const alone = code.sections.map((_, number) => [number, "", "", ""]).filter(([number]) => !named.has(number));
  let above = "";
  let before = -1;
  return [...prose.parts, ...alone].sort(([one], [other]) => one - other).map(([number, id, heading, text]) => {
    const [name, lines] = number === before ? ["", ""] : code.sections[number];
    before = number;
    above = heading || above;
    return { anchor: id || name || `section-${number}`, name, heading, label: heading || name || above, text, lines };
  });
};

// What is shown of a page, or null if it does not hold all the words.
const lookThrough = (url, prose, code, words, normalize) => {
  const strengths = (text, strength) => {
    const plain = normalize(text);
    return words.map(({ word }) => plain.includes(word) * strength);
  };
  const whole = highest([prose.title, code.path, prose.about].map((text) => strengths(text, 1)));
  const parts = partsOf(prose, code).map((part) => {
    const { heading, name, text, lines } = part;
    const found = highest([strengths(heading, 9), strengths(name, 9), strengths(text, 3), strengths(lines, 2)]);
    return { ...part, found, score: found.reduce((one, other) => one + other) };
  });
  if (!highest([whole, ...parts.map(({ found }) => found)]).every(Boolean)) return null;
  const best = parts.filter(({ score }) => score).sort((one, other) => other.score - one.score).slice(0, PARTS);
  return { url, title: prose.title, path: code.path, about: prose.about, isFound: whole.some(Boolean), parts: best };
};

// The places of the words in a text, as [start, end]; the text is compared letter by letter, with its marks.
const makeFinder = (words, normalize) => (text) => {
  const whole = normalize(text);
  if (!words.some(({ word }) => whole.includes(word))) return [];
  let plain = "";
  const places = [];
  for (const { 0: letter, index } of text.matchAll(/\P{M}[\p{M}\uff9e\uff9f]*|\p{M}+/gu)) {
    const part = normalize(letter);
    plain += part;
    places.push(...Array(part.length).fill(index));
  }
  places.push(text.length);
  const ranges = words.flatMap(({ word }) => {
    const found = [];
    for (let at = plain.indexOf(word); at >= 0; at = plain.indexOf(word, at + word.length)) {
      found.push([places[at], places[at + word.length]]);
    }
    return found;
  });
  return ranges.sort(([one], [other]) => one - other);
};

// Make what answers queries in a language of the site: `await ask(query)` is what it found, to be read by `next`.
export const makeSearch = (site, language) => {
  const load = makeLoader(site);
  return async (query) => {
    const { block, corpora, rules } = await load(`${language}.json`);
    const normalize = makeNormalizer(rules);
    const plain = normalize(query).trim();
    const words = parse(plain, rules);
    const pages = words.length ? await makeLookup(load, corpora)(words) : [];
    const pageOf = async (number) => {
      const code = corpora.at(-1);
      const url = (await load(`pages/${Math.floor(number / block)}.json`, code.version))[number % block];
      const texts = await Promise.all(corpora.map(({ name, version }) => load(`${name}/text/${url}.json`, version)));
      return lookThrough(url, ...texts, words, normalize);
    };
    return {
      total: words.every(isCertain) ? pages.length : undefined, // Unknown until all texts are looked through.
      find: makeFinder(words, normalize),
      // The next pages, an empty list at the end.
      next: async (count) => {
        while (pages.length) {
          const found = (await Promise.all(pages.splice(0, count).map(pageOf))).filter(Boolean);
          const starts = ({ title }) => normalize(title).startsWith(plain);
        if (found.length) return found.sort((one, other) => starts(other) - starts(one));
        }
        return [];
      },
      isDone: () => !pages.length,
    };
  };
};
