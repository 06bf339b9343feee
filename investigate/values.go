package investigate

// A valueID stands for one distinct value of a column. Four values have ids of
// their own, so that "absent", null and the empty string stay three things.
type valueID uint32

const (
	absent valueID = iota
	null
	isTrue
	isFalse
	firstText // the first id of a text
)

// values gives each distinct text an id. Only the writer uses it; readers have
// the list of texts in their snapshot, which grows behind them and never
// changes.
type values struct {
	ids   map[string]valueID
	texts []string // by id; the first four stand for no text
}

func newValues() values {
	return values{ids: map[string]valueID{}, texts: make([]string, firstText)}
}

func (v *values) intern(text []byte) valueID {
	if id, ok := v.ids[string(text)]; ok {
		return id
	}
	return v.add(string(text))
}

func (v *values) internString(text string) valueID {
	if id, ok := v.ids[text]; ok {
		return id
	}
	return v.add(text)
}

func (v *values) add(text string) valueID {
	id := valueID(len(v.texts)) //nolint:gosec // four billion texts do not fit in memory
	v.texts = append(v.texts, text)
	v.ids[text] = id
	return id
}

// decoded is the value as encoding/json would give it; ok is false if the
// record does not have the field.
func (v valueID) decoded(texts []string) (value any, ok bool) {
	switch v {
	case absent:
		return nil, false
	case null:
		return nil, true
	case isTrue, isFalse:
		return v == isTrue, true
	}
	return texts[v], true
}

// A pool gives each distinct combination of values an id, so that a row holds
// one id for what usually comes together.
type pool[K comparable] struct {
	ids  map[K]uint32
	list []K
}

func newPool[K comparable]() pool[K] { return pool[K]{ids: map[K]uint32{}} }

func (p *pool[K]) intern(k K) uint32 {
	if id, ok := p.ids[k]; ok {
		return id
	}
	id := uint32(len(p.list)) //nolint:gosec // no more combinations than rows
	p.list = append(p.list, k)
	p.ids[k] = id
	return id
}
