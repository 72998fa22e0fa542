// A graph over the vectors of an index in which the nearest ones are found without looking at all: HNSW (Malkov and
// Yashunin 2016). Every vector links to some that are near it; a few of them, chosen by a keyed hash of the vector, also
// on higher levels, where a search begins with long steps. Nothing here knows Python.
#include <stdlib.h>
#include <string.h>

#include "weft_vectors.h"

// How many candidates are kept while a vector's links are looked for.
enum { BUILD_EFFORT = 128 };
// The most that one vector's links are chosen from: those found, or its own and those of one that goes.
enum { MOST_CANDIDATES = BUILD_EFFORT > 2 * LOWEST_LINKS ? BUILD_EFFORT : 2 * LOWEST_LINKS };

static const uint8_t FORMAT[4] = {'h', 'n', 's', '1'};

static inline size_t most_links(uint32_t level) {
    return level == 0 ? LOWEST_LINKS : LINKS;
}

// The links of a slot on one of its levels: their count, then they.
static uint32_t *links_of(const weft_index *index, uint32_t slot, uint32_t level) {
    return level == 0 ? index->lowest + (size_t)slot * (1 + LOWEST_LINKS)
                      : index->upper[slot] + (size_t)(level - 1) * (1 + LINKS);
}

static uint32_t level_of(const weft_index *index, uint32_t slot) {
    uint64_t hash = weft_siphash(index->key, (const uint8_t *)weft_numbers(index, slot), index->dimensions);
    uint32_t level = 0;
    while (level + 1 < MOST_LEVELS && (hash & (LINKS - 1)) == 0) {
        level++;
        hash /= LINKS;
    }
    return level;
}

static double between(const weft_index *index, uint32_t one, uint32_t other) {
    return weft_distance(index, weft_numbers(index, one), &index->terms[one], other);
}

// ---- searching

// Goes on from the `count` ones in the row to whoever is linked from the nearest that was not looked at, until none of
// the row is left: it then holds the nearest that were met. `met` has a bit for each slot.
static size_t explore(const weft_index *index, const int8_t *numbers, const weft_terms *terms, uint32_t level,
    weft_near *row, size_t count, size_t limit, uint8_t *met) {
    memset(met, 0, index->linked / 8 + 1);
    for (size_t i = 0; i < count; i++) {
        row[i].is_done = false;
        met[row[i].slot / 8] |= 1 << row[i].slot % 8;
    }
    for (size_t at = 0; at < count;) {
        size_t next = at + 1;
        if (!row[at].is_done) {
            row[at].is_done = true;
            const uint32_t *links = links_of(index, row[at].slot, level);
            for (uint32_t i = 1; i <= links[0]; i++) {
                uint32_t slot = links[i];
                if ((met[slot / 8] & 1 << slot % 8) == 0) {
                    met[slot / 8] |= 1 << slot % 8;
                    double distance = weft_distance(index, numbers, terms, slot);
                    size_t place = weft_put_near(row, &count, limit, distance, slot);
                    next = place < next ? place : next;
                }
            }
        }
        at = next;
    }
    return count;
}

// Goes from the entry down to a level, with one candidate; the row's count is then 1.
static void descend(const weft_index *index, const int8_t *numbers, const weft_terms *terms, uint32_t level,
    weft_near *row, uint8_t *met) {
    size_t count = 0;
    weft_put_near(row, &count, 1, weft_distance(index, numbers, terms, index->entry), index->entry);
    for (uint32_t above = index->levels[index->entry]; above > level; above--) {
        explore(index, numbers, terms, above, row, 1, 1, met);
    }
}

size_t weft_graph_search(const weft_index *index, const int8_t *numbers, const weft_terms *terms, weft_near *row,
    size_t effort) {
    uint8_t *met = malloc(index->linked / 8 + 1);
    if (met == NULL) {
        return 0;
    }
    descend(index, numbers, terms, 0, row, met);
    size_t count = explore(index, numbers, terms, 0, row, 1, effort, met);
    free(met);
    return count;
}

// ---- linking

// Makes links of a row of candidates, sorted by their distance to the one that is linked: first those that are nearer to
// it than to any that was taken before, so that links lead into all directions, then the nearest of the others.
static void choose(const weft_index *index, weft_near *row, size_t count, size_t most, uint32_t *links) {
    uint32_t taken = 0;
    for (size_t i = 0; i < count; i++) {
        bool is_apart = taken < most;
        for (uint32_t k = 1; is_apart && k <= taken; k++) {
            is_apart = row[i].distance < between(index, row[i].slot, links[k]);
        }
        if (is_apart) {
            links[++taken] = row[i].slot;
        }
        row[i].is_done = is_apart;
    }
    for (size_t i = 0; i < count && taken < most; i++) {
        if (!row[i].is_done) {
            links[++taken] = row[i].slot;
        }
    }
    links[0] = taken;
}

#define NONE UINT32_MAX // no slot

static bool is_in(const weft_near *row, size_t count, uint32_t slot) {
    while (count > 0 && row[count - 1].slot != slot) {
        count--;
    }
    return count > 0;
}

// Chooses a slot's links anew from those that it has and `others` (a count, then they), but never `gone`.
static void relink(const weft_index *index, uint32_t slot, uint32_t level, const uint32_t *others, uint32_t gone) {
    weft_near row[MOST_CANDIDATES];
    size_t count = 0;
    uint32_t *links = links_of(index, slot, level);
    for (int turn = 0; turn < 2; turn++) {
        const uint32_t *from = turn == 0 ? links : others;
        for (uint32_t i = 1; i <= from[0]; i++) {
            if (from[i] != gone && from[i] != slot && !is_in(row, count, from[i])) {
                weft_put_near(row, &count, MOST_CANDIDATES, between(index, slot, from[i]), from[i]);
            }
        }
    }
    choose(index, row, count, most_links(level), links);
}

static void link_back(const weft_index *index, uint32_t slot, uint32_t level, uint32_t target) {
    uint32_t *links = links_of(index, slot, level);
    if (links[0] < most_links(level)) {
        links[++links[0]] = target;
    } else {
        const uint32_t one[2] = {1, target};
        relink(index, slot, level, one, NONE);
    }
}

bool weft_graph_room(weft_index *index, uint32_t room) {
    uint8_t *levels = realloc(index->levels, room);
    index->levels = levels != NULL ? levels : index->levels;
    uint32_t *lowest = realloc(index->lowest, (size_t)room * (1 + LOWEST_LINKS) * sizeof(uint32_t));
    index->lowest = lowest != NULL ? lowest : index->lowest;
    uint32_t **upper = realloc(index->upper, room * sizeof(*upper));
    index->upper = upper != NULL ? upper : index->upper;
    return levels != NULL && lowest != NULL && upper != NULL;
}

// Gives a slot its place in the graph's memory, without links.
static bool place(weft_index *index, uint32_t slot, uint32_t level) {
    index->upper[slot] = level == 0 ? NULL : calloc(level * (1 + LINKS), sizeof(uint32_t));
    index->levels[slot] = (uint8_t)level;
    links_of(index, slot, 0)[0] = 0;
    return level == 0 || index->upper[slot] != NULL;
}

bool weft_graph_add(weft_index *index) {
    uint32_t slot = index->linked;
    uint32_t level = level_of(index, slot);
    if (index->levels == NULL && !weft_graph_room(index, index->room)) {
        weft_graph_drop(index);
        return false;
    }
    uint8_t *met = malloc(slot / 8 + 1);
    if (met == NULL || !place(index, slot, level)) {
        free(met);
        return false;
    }
    if (slot > 0) {
        weft_near row[BUILD_EFFORT];
        const int8_t *numbers = weft_numbers(index, slot);
        const weft_terms *terms = &index->terms[slot];
        size_t count = 1;
        descend(index, numbers, terms, level, row, met);
        uint32_t at = level < index->levels[index->entry] ? level : index->levels[index->entry];
        for (uint32_t left = at + 1; left > 0; left--) {
            uint32_t *links = links_of(index, slot, left - 1);
            count = explore(index, numbers, terms, left - 1, row, count, BUILD_EFFORT, met);
            choose(index, row, count, LINKS, links);
            for (uint32_t i = 1; i <= links[0]; i++) {
                link_back(index, links[i], left - 1, slot);
            }
        }
    }
    free(met);
    if (slot == 0 || level > index->levels[index->entry]) {
        index->entry = slot;
    }
    index->linked++;
    return true;
}

// ---- taking out

static void replace_link(uint32_t *links, uint32_t old, uint32_t new) {
    for (uint32_t i = 1; i <= links[0]; i++) {
        links[i] = links[i] == old ? new : links[i];
    }
}

static bool has_link(const uint32_t *links, uint32_t slot) {
    for (uint32_t i = 1; i <= links[0]; i++) {
        if (links[i] == slot) {
            return true;
        }
    }
    return false;
}

// The first slot with the most levels; 0 where there is none.
static uint32_t highest(const weft_index *index) {
    uint32_t found = 0;
    for (uint32_t slot = 1; slot < index->linked; slot++) {
        found = index->levels[slot] > index->levels[found] ? slot : found;
    }
    return found;
}

// Whoever links there is found by looking at all links: a few microseconds for each thousand of vectors, for which
// nothing has to be kept and the graph stays as if the vector had never been there.
void weft_graph_remove(weft_index *index, uint32_t slot) {
    uint32_t last = index->linked - 1;
    for (uint32_t other = 0; other <= last; other++) {
        for (uint32_t level = 0; other != slot && level <= index->levels[other]; level++) {
            if (level <= index->levels[slot] && has_link(links_of(index, other, level), slot)) {
                relink(index, other, level, links_of(index, slot, level), slot);
            }
            replace_link(links_of(index, other, level), last, slot);
        }
    }
    free(index->upper[slot]);
    if (slot != last) {
        index->upper[slot] = index->upper[last];
        index->levels[slot] = index->levels[last];
        memcpy(links_of(index, slot, 0), links_of(index, last, 0), (1 + LOWEST_LINKS) * sizeof(uint32_t));
    }
    index->linked = last;
    index->entry = highest(index);
}

void weft_graph_drop(weft_index *index) {
    for (uint32_t slot = 0; slot < index->linked; slot++) {
        free(index->upper[slot]);
    }
    free(index->levels);
    free(index->lowest);
    free(index->upper);
    index->levels = NULL;
    index->lowest = NULL;
    index->upper = NULL;
    index->linked = 0;
    index->entry = 0;
}

// ---- as bytes: FORMAT, how many vectors, the entry, the level of each; then of each and each of its levels how many
// links (one byte), and they. Numbers have four bytes.

static uint8_t *put_number(uint8_t *out, uint32_t number) {
    memcpy(out, &number, sizeof(number));
    return out + sizeof(number);
}

size_t weft_graph_save(const weft_index *index, uint8_t *out) {
    size_t size_bytes = sizeof(FORMAT) + 2 * sizeof(uint32_t) + index->linked;
    if (out != NULL) {
        memcpy(out, FORMAT, sizeof(FORMAT));
        out = put_number(put_number(out + sizeof(FORMAT), index->linked), index->entry);
        memcpy(out, index->levels, index->linked);
        out += index->linked;
    }
    for (uint32_t slot = 0; slot < index->linked; slot++) {
        for (uint32_t level = 0; level <= index->levels[slot]; level++) {
            const uint32_t *links = links_of(index, slot, level);
            size_bytes += 1 + links[0] * sizeof(uint32_t);
            if (out != NULL) {
                *out++ = (uint8_t)links[0];
                memcpy(out, links + 1, links[0] * sizeof(uint32_t));
                out += links[0] * sizeof(uint32_t);
            }
        }
    }
    return size_bytes;
}

// Whether every link of a slot on a level leads to another one that is on that level too.
static bool are_links(const weft_index *index, uint32_t slot, uint32_t level) {
    const uint32_t *links = links_of(index, slot, level);
    for (uint32_t i = 1; i <= links[0]; i++) {
        if (links[i] >= index->count || links[i] == slot || index->levels[links[i]] < level) {
            return false;
        }
    }
    return true;
}

// Reads what stands behind the levels, which are in their place. As weft_graph_load.
static int load_links(weft_index *index, const uint8_t *at, const uint8_t *end) {
    for (; index->linked < index->count; index->linked++) {
        uint32_t slot = index->linked;
        uint32_t levels = index->levels[slot];
        if (levels >= MOST_LEVELS || levels > index->levels[index->entry]) {
            return 0;
        }
        if (!place(index, slot, levels)) {
            return -1;
        }
        for (uint32_t level = 0; level <= levels; level++) {
            size_t count = at < end ? *at++ : SIZE_MAX;
            if (count > most_links(level) || count * sizeof(uint32_t) > (size_t)(end - at)) {
                index->linked++; // its memory is to be freed
                return 0;
            }
            uint32_t *links = links_of(index, slot, level);
            links[0] = (uint32_t)count;
            memcpy(links + 1, at, count * sizeof(uint32_t));
            at += count * sizeof(uint32_t);
            if (!are_links(index, slot, level)) {
                index->linked++;
                return 0;
            }
        }
    }
    return at == end;
}

int weft_graph_load(weft_index *index, const uint8_t *data, size_t size_bytes) {
    const size_t head_bytes = sizeof(FORMAT) + 2 * sizeof(uint32_t);
    uint32_t count, entry;
    weft_graph_drop(index); // whatever comes of this one
    if (size_bytes < head_bytes || memcmp(data, FORMAT, sizeof(FORMAT)) != 0) {
        return 0;
    }
    memcpy(&count, data + sizeof(FORMAT), sizeof(count));
    memcpy(&entry, data + sizeof(FORMAT) + sizeof(count), sizeof(entry));
    if (count == 0 || count != index->count || entry >= count || count > size_bytes - head_bytes) {
        return 0;
    }
    int result = -1;
    if (weft_graph_room(index, index->room)) {
        memcpy(index->levels, data + head_bytes, count);
        index->entry = entry;
        result = load_links(index, data + head_bytes + count, data + size_bytes);
    }
    if (result != 1) {
        weft_graph_drop(index);
    }
    return result;
}
