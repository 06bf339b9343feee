package source_test

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"

	"cordon/investigate/event"
	"cordon/investigate/source"
)

// writeTrail writes a trail's files, of about 1.4 KB a record, and returns how
// many bytes they hold unpacked.
func writeTrail(b *testing.B, dir string, files, perFile int) int64 {
	b.Helper()
	rng := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same records each time
	var total int64
	for n := range files {
		f, err := os.Create(filepath.Join(dir, fmt.Sprintf("111122223333_CloudTrail_us-east-1_%05d.json.gz", n)))
		if err != nil {
			b.Fatal(err)
		}
		z := gzip.NewWriter(f)
		w := bufio.NewWriter(z)
		fmt.Fprint(w, `{"Records":[`)
		for i := range perFile {
			if i > 0 {
				fmt.Fprint(w, ",")
			}
			written, _ := w.WriteString(benchRecord(rng, n*perFile+i))
			total += int64(written) + 1
		}
		fmt.Fprint(w, `]}`)
		if err := w.Flush(); err != nil {
			b.Fatal(err)
		}
		if err := z.Close(); err != nil {
			b.Fatal(err)
		}
		if err := f.Close(); err != nil {
			b.Fatal(err)
		}
	}
	return total
}

func benchRecord(rng *rand.Rand, n int) string {
	names := []string{"DescribeInstances", "GetObject", "ListBuckets", "AssumeRole", "GetCallerIdentity", "PutObject", "Decrypt"}
	who := rng.IntN(200)
	at := time.Date(2024, 5, 1, 0, 0, n/4, 0, time.UTC).Format(time.RFC3339)
	return fmt.Sprintf(`{"eventVersion":"1.11","userIdentity":{"type":"AssumedRole","principalId":"AROAEXAMPLE%09d:session-%d",`+
		`"arn":"arn:aws:sts::111122223333:assumed-role/role-%d/session-%d","accountId":"111122223333","accessKeyId":"ASIAEXAMPLE%09d",`+
		`"sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROAEXAMPLE%09d","arn":"arn:aws:iam::111122223333:role/service/role-%d",`+
		`"accountId":"111122223333","userName":"role-%d"},"attributes":{"creationDate":"2024-05-01T00:00:00Z","mfaAuthenticated":"false"}}},`+
		`"eventTime":%q,"eventSource":"ec2.amazonaws.com","eventName":%q,"awsRegion":"us-east-1","sourceIPAddress":"10.0.%d.%d",`+
		`"userAgent":"Boto3/1.34.0 md/Botocore#1.34.0 ua/2.0 os/linux#5.10.0 md/arch#x86_64 lang/python#3.11.6","requestParameters":`+
		`{"instancesSet":{"items":[{"instanceId":"i-%017x"},{"instanceId":"i-%017x"}]},"filterSet":{"items":[{"name":"tag:Name","valueSet":`+
		`{"items":[{"value":"web-%d"}]}}]}},"responseElements":null,"requestID":"%08x-0000-4000-8000-%012x","eventID":"%08x-0000-4000-8000-%012x",`+
		`"readOnly":true,"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"111122223333","eventCategory":"Management",`+
		`"tlsDetails":{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256","clientProvidedHostHeader":"ec2.us-east-1.amazonaws.com"}}`,
		who, who, who, who, who, who, who, who, at, names[rng.IntN(len(names))], who, rng.IntN(250), rng.Uint64()>>8, rng.Uint64()>>8,
		who, rng.Uint32(), rng.Uint64()>>16, n, rng.Uint64()>>16)
}

// BenchmarkFiles loads 300,000 events from 600 gzipped files.
func BenchmarkFiles(b *testing.B) {
	const files, perFile = 600, 500
	dir := b.TempDir()
	b.SetBytes(writeTrail(b, dir, files, perFile))
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		c, err := source.Files(dir, source.Window{}).Read(b.Context(), func(batch source.Batch) error {
			n += len(batch.Events)
			return nil
		})
		if err != nil || n != files*perFile || len(c.Failed) > 0 {
			b.Fatalf("%d events, %v, %+v", n, err, c)
		}
	}
	b.ReportMetric(files*perFile/b.Elapsed().Seconds()*float64(b.N), "events/s")
}

// BenchmarkRead reads records that are in memory.
func BenchmarkRead(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same records each time
	var records [][]byte
	var total int64
	for n := range 1000 {
		records = append(records, []byte(benchRecord(rng, n)))
		total += int64(len(records[n]))
	}
	b.SetBytes(total / int64(len(records)))
	b.ReportAllocs()
	var r event.Reader
	for n := 0; b.Loop(); n++ {
		if _, err := r.Read(records[n%len(records)]); err != nil {
			b.Fatal(err)
		}
	}
}
