// Takes the head of an answer apart: the status, the header lines, interim answers passed over.

#include <string.h>

#include "weft_transfers.h"

static const char *take_status(weft_transfer *transfer, const char *line, size_t size) {
    const char *blank = memchr(line, ' ', size);
    if (blank == NULL || (size_t)(line + size - blank) < 4) {
        return "a status line without a status";
    }
    transfer->status = 0;
    for (int i = 1; i <= 3; i++) {
        if (blank[i] < '0' || blank[i] > '9') {
            return "a status line without a status";
        }
        transfer->status = transfer->status * 10 + blank[i] - '0';
    }
    return transfer->status < 100 ? "a status line without a status" : NULL;
}

// Two lengths that differ are a way to make two readers see two different answers.
static const char *check_length(weft_transfer *transfer) {
    static const char name[] = "content-length:";
    const size_t name_size = sizeof(name) - 1;
    const char *first = NULL;
    size_t first_size = 0;
    const char *head = (const char *)transfer->head.data;
    const char *end = head + transfer->head.end;
    for (const char *line = head; line < end;) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        size_t size = (size_t)(stop - line);
        if (size > name_size && curl_strnequal(line, name, name_size)) {
            const char *value = line + name_size;
            while (value < stop && (*value == ' ' || *value == '\t')) {
                value++;
            }
            size = (size_t)(stop - value);
            if (first != NULL && (size != first_size || memcmp(first, value, size) != 0)) {
                return "two lengths that differ";
            }
            first = value;
            first_size = size;
        }
        line = stop + 1;
    }
    return NULL;
}

const char *weft_transfers_header(weft_transfer *transfer, const char *line, size_t size) {
    weft_bytes *head = &transfer->head;
    while (size > 0 && strchr("\r\n \t", line[size - 1]) != NULL && line[size - 1] != 0) {
        size--;
    }
    if (memchr(line, '\r', size) != NULL || memchr(line, 0, size) != NULL) {
        return "a header with a control character";
    }
    if (transfer->status == 0) {
        return take_status(transfer, line, size);
    }
    if (size == 0) {
        if (transfer->status >= 200 || (transfer->is_websocket && transfer->status == 101)) {
            const char *wrong = check_length(transfer);
            transfer->is_head_whole = wrong == NULL;
            return wrong;
        }
        transfer->interim_count++;
        transfer->status = 0;
        head->start = head->end = 0;
        return NULL;
    }
    if (*line == ' ' || *line == '\t') {
        if (head->end == 0) {
            return "a head that starts in the middle of a header";
        }
        head->end--; // a folded line goes on where the one before ended
        while (size > 1 && (line[1] == ' ' || line[1] == '\t')) {
            line++;
            size--;
        }
    } else if (memchr(line, ':', size) == NULL) {
        return "a header without a colon";
    }
    return weft_bytes_add(head, line, size) && weft_bytes_add(head, "\n", 1) ? NULL : "no memory is left";
}
