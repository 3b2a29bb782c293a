/*
 * remove_tree.h - removes a folder with all that is in it.
 *
 * Links are removed, not followed. Without memory of its own; what cannot be removed stays.
 */
#ifndef TAPBYTE_REMOVE_TREE_H
#define TAPBYTE_REMOVE_TREE_H

/* A folder, a file, or nothing. */
void remove_tree(const char *path);

/* What is in an open folder. */
void remove_tree_inside(int folder);

#endif
