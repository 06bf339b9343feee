package account

import (
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

type color string

type inner struct{ Key, Value *string }

// A shape has every kind of member that the SDK's structs have.
type shape struct {
	Text    *string
	Number  *int32
	Wide    *int64
	Flag    bool
	At      *time.Time
	Tint    color
	List    []string
	Structs []inner
	Nested  *inner
}

func pointer[T any](v T) *T { return &v }

func TestFormsBecomeStructs(t *testing.T) {
	values := url.Values{
		"Text": {"é & <"}, "Number": {"-7"}, "Wide": {"9007199254740993"}, "Flag": {"true"}, "At": {"2026-03-14T12:00:00Z"},
		"Tint": {"red"}, "List.member.1": {"a"}, "List.member.2": {"b"}, "List.member.4": {"beyond the gap"},
		"Structs.member.1.Key": {"k"}, "Structs.member.1.Value": {""}, "Nested.Key": {"n"}, "Unknown": {"x"},
	}
	var got shape
	if err := decodeQuery(values, reflect.ValueOf(&got)); err != nil {
		t.Fatal(err)
	}
	want := shape{
		Text: pointer("é & <"), Number: pointer(int32(-7)), Wide: pointer(int64(9007199254740993)), Flag: true,
		At: pointer(time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)), Tint: "red", List: []string{"a", "b"},
		Structs: []inner{{pointer("k"), pointer("")}}, Nested: &inner{Key: pointer("n")},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestFormsThatDoNotFitAreRefused(t *testing.T) {
	for name, value := range map[string]string{
		"Number": "99999999999", "Wide": "one", "Flag": "maybe", "At": "yesterday",
	} {
		err := decodeQuery(url.Values{name: {value}}, reflect.ValueOf(&shape{}))
		if err == nil || !strings.HasPrefix(err.Error(), "MalformedInput") {
			t.Errorf("%s=%s: %v", name, value, err)
		}
	}
}

func TestStructsBecomeXML(t *testing.T) {
	got := string(encodeQuery("iam", "Do", "id-1", &shape{
		Text: pointer("a<b>\x00&\"é"), Number: pointer(int32(0)), At: pointer(time.Date(2026, 3, 14, 12, 0, 0, 5e8, time.UTC)),
		Structs: []inner{{Key: pointer("k")}},
	}))
	want := `<DoResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><DoResult>` +
		`<Text>a&lt;b&gt;` + "\uFFFD" + `&amp;&#34;é</Text><Number>0</Number><Flag>false</Flag><At>2026-03-14T12:00:00Z</At>` +
		`<List></List><Structs><member><Key>k</Key></member></Structs>` +
		`</DoResult><ResponseMetadata><RequestId>id-1</RequestId></ResponseMetadata></DoResponse>` + "\n"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestStructsBecomeJSONAndBack(t *testing.T) {
	want := shape{
		Text: pointer("a\"é"), Number: pointer(int32(3)), Wide: pointer(int64(9007199254740993)), Flag: true, Tint: "red",
		At: pointer(time.Date(2026, 3, 14, 12, 0, 0, 250e6, time.UTC)), List: []string{"a"}, Structs: []inner{{Key: pointer("k")}},
	}
	text, err := encodeJSON(&want)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), `"At":1773489600.250`) {
		t.Errorf("times are seconds since 1970: %s", text)
	}
	var got shape
	if err := decodeJSON(text, reflect.ValueOf(&got)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestJSONThatDoesNotFitIsRefused(t *testing.T) {
	for _, body := range []string{
		"{", "[]", "{} {}", `{"Text":1}`, `{"Number":"1"}`, `{"Number":1.5}`, `{"Number":99999999999}`, `{"Flag":"true"}`,
		`{"At":"2026"}`, `{"At":1e300}`, `{"List":{}}`, `{"List":[null]}`, `{"Structs":["x"]}`, `{"Nested":[]}`,
	} {
		err := decodeJSON([]byte(body), reflect.ValueOf(&shape{}))
		if err == nil || !strings.HasPrefix(err.Error(), "SerializationException") {
			t.Errorf("%s: %v", body, err)
		}
	}
}
