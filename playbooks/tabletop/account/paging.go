package account

import (
	"encoding/base64"
	"sort"
)

// defaultItems is how many items a page has when a request does not say.
const defaultItems = 100

// A page is a part of a list, and where the next begins.
type page[T any] struct {
	items     []T
	truncated bool
	marker    *string
}

// paginate cuts one page out of items, which are in the order of name. A
// marker names the last item of the page before, so that the next is right
// even if items have come and gone.
func paginate[T any](items []T, name func(T) string, marker *string, maxItems *int32) (page[T], error) {
	from := 0
	if marker != nil {
		last, err := base64.RawURLEncoding.DecodeString(*marker)
		if err != nil {
			return page[T]{}, validation("Invalid Marker.")
		}
		from = sort.Search(len(items), func(i int) bool { return name(items[i]) > string(last) })
	}
	n := defaultItems
	if maxItems != nil {
		n = int(*maxItems)
	}
	rest := items[from:]
	if len(rest) <= n {
		return page[T]{items: rest}, nil
	}
	next := base64.RawURLEncoding.EncodeToString([]byte(name(rest[n-1])))
	return page[T]{items: rest[:n], truncated: true, marker: &next}, nil
}
