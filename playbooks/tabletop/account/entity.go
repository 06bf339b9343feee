package account

import (
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// listed is what lists are ordered by and filtered on.
type listed interface{ describe() *entity }

func (e *entity) describe() *entity { return e }

func nameOf[T listed](v T) string { return v.describe().name }

// sorted returns entities below a path in the order of their names.
func sorted[T listed](all map[string]T, pathPrefix *string) []T {
	list := make([]T, 0, len(all))
	for _, v := range all {
		if strings.HasPrefix(v.describe().path, deref(pathPrefix)) {
			list = append(list, v)
		}
	}
	slices.SortFunc(list, func(a, b T) int { return strings.Compare(a.describe().name, b.describe().name) })
	return list
}

// second cuts a time to the second, as IAM keeps it.
func second(t time.Time) time.Time { return t.UTC().Truncate(time.Second) }

// accountCreated is the root user's creation, long before any event.
func accountCreated() time.Time { return time.Date(2019, 3, 14, 9, 26, 53, 0, time.UTC) }

// mergeTags adds tags to those there are; the keys of tags are unique whatever
// their case.
func mergeTags(have, add []types.Tag) ([]types.Tag, error) {
	merged := slices.Clone(have)
	for i, tag := range add {
		key := deref(tag.Key)
		switch {
		case key == "" || len(key) > 128 || len(deref(tag.Value)) > 256:
			return nil, violation("Value at 'tags.%d.member' failed to satisfy constraint: "+
				"keys have 1 to 128 characters and values up to 256", i+1)
		case strings.HasPrefix(strings.ToLower(key), "aws:"):
			return nil, invalidInput("Tag keys prefixed with 'aws:' are reserved.")
		case slices.ContainsFunc(add[:i], sameKey(key)):
			return nil, invalidInput("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
		}
		merged = append(slices.DeleteFunc(merged, sameKey(key)), tag)
	}
	if len(merged) > tagsPerEntity {
		return nil, limitExceeded("The number of tags has reached the maximum limit.")
	}
	slices.SortFunc(merged, func(a, b types.Tag) int { return strings.Compare(deref(a.Key), deref(b.Key)) })
	return merged, nil
}

func sameKey(key string) func(types.Tag) bool {
	return func(t types.Tag) bool { return strings.EqualFold(deref(t.Key), key) }
}

// removeTags returns tags without the keys.
func removeTags(have []types.Tag, keys []string) []types.Tag {
	kept := slices.Clone(have)
	for _, key := range keys {
		kept = slices.DeleteFunc(kept, sameKey(key))
	}
	return kept
}

func tagName(t types.Tag) string { return deref(t.Key) }
