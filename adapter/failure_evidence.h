/*
 * failure_evidence.h - who can mend a failure, by the words of the sentence about it.
 */
#ifndef TAPBYTE_FAILURE_EVIDENCE_H
#define TAPBYTE_FAILURE_EVIDENCE_H

#include "error.h"
#include "slice.h"

/* FAILURE_SYSTEM where the sentence tells nothing. */
enum failure_type failure_evidence_type(struct slice sentence);

#endif
