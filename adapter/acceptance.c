#include "acceptance.h"
bool acceptance_run(const struct acceptance_task *task, struct error *error)
{
	(void)task;
	(void)error;
	return true;
}
