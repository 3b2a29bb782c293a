#include "anonymizer.h"
bool anonymizer_apply(struct recording *recording, const json_t *connection_specification,
		      struct error *error)
{
	(void)recording;
	(void)connection_specification;
	(void)error;
	return true;
}
