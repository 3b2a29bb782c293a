/*
 * commands.h - one file a command. argv[0] is the command's own name; the result is the
 * exit code: 0 done, 1 failed (a TRACE ERROR or a line on stderr says why), 2 used wrongly.
 */
#ifndef TAPBYTE_COMMANDS_H
#define TAPBYTE_COMMANDS_H

#include <stdbool.h>

#include "session.h"

int command_spec(int argc, char **argv);
int command_check(int argc, char **argv);
int command_discover(int argc, char **argv);
int command_read(int argc, char **argv);
int command_install(int argc, char **argv);
int command_new(int argc, char **argv);
int command_record(int argc, char **argv);
int command_replay(int argc, char **argv);
int command_test(int argc, char **argv);
int command_build(int argc, char **argv);

/* A protocol command in a session that was opened, or was not; closes it. */
int session_check(struct session *session, bool opened);
int session_discover(struct session *session, bool opened);
int session_read(struct session *session, bool opened);

/* The catalog as discover writes it, without what travels; the session goes on. */
bool discover_catalog(struct session *session, struct buffer *text);

/* `read --pretty`: the read in a process of its own, its messages shown to a person. */
bool preview_is_asked(int argc, char **argv);
int command_preview(int argc, char **argv);

#endif
