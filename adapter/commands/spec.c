#include "commands.h"
#include "session.h"

int command_spec(int argc, char **argv)
{
	struct session session;
	bool done = session_open(&session, argc, argv);

	if (done)
		airbyte_writer_spec(&session.writer, session.tap.manifest.spec);
	return session_close(&session, done);
}
