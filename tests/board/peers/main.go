// Command peer is somebody else's reading of the board's formats: golang.org/x/mod/sumdb/{note,tlog} as Debian has them.
//
// It reads one JSON question from standard input and writes one JSON answer. "judge" says of each note, proof and set of
// tiles what the packages say of it, "" if they accept it; "make" signs notes and builds a tree, its proofs and tiles.
// Cosignatures (type 0x04) are not in the packages; they are written here from the specification.
package main

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8

type noteQuestion struct {
	Note       string   `json:"note"`
	Keys       []string `json:"keys"`
	Cosigners  []string `json:"cosigners"`
	Signatures int      `json:"signatures"` // how many are to be verified
}

type proofQuestion struct {
	OldSize int64    `json:"old_size"` // or the leaf's index
	OldHash string   `json:"old_hash"` // or the leaf's hash
	Size    int64    `json:"size"`
	Root    string   `json:"root"`
	Proof   []string `json:"proof"`
}

type tilesQuestion struct {
	Size  int64             `json:"size"`
	Root  string            `json:"root"`
	Tiles map[string][]byte `json:"tiles"`
}

type question struct {
	Notes       []noteQuestion  `json:"notes"`
	Trees       []string        `json:"trees"`
	Inclusion   []proofQuestion `json:"inclusion"`
	Consistency []proofQuestion `json:"consistency"`
	Tiles       []tilesQuestion `json:"tiles"`

	SigningKey    string   `json:"signing_key"`
	CosigningSeed []byte   `json:"cosigning_seed"`
	CosignerName  string   `json:"cosigner_name"`
	Time          uint64   `json:"time"`
	Texts         []string `json:"texts"`
	Entries       [][]byte `json:"entries"`
	Proofs        bool     `json:"proofs"` // of all pairs of sizes
}

// cosigner verifies cosignature/v1 by Ed25519, of c2sp.org/tlog-cosignature.
type cosigner struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func newCosigner(vkey string) (*cosigner, error) {
	parts := strings.SplitN(vkey, "+", 3)
	if len(parts) != 3 {
		return nil, fmt.Errorf("not a verifier key: %q", vkey)
	}
	key, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(key) != 33 || key[0] != 4 {
		return nil, fmt.Errorf("not a cosigner's key: %q", vkey)
	}
	var hash uint32
	if _, err := fmt.Sscanf(parts[1], "%08x", &hash); err != nil {
		return nil, err
	}
	return &cosigner{parts[0], hash, ed25519.PublicKey(key[1:])}, nil
}

func (c *cosigner) Name() string    { return c.name }
func (c *cosigner) KeyHash() uint32 { return c.hash }
func (c *cosigner) Verify(text, sig []byte) bool {
	return len(sig) == 8+64 && ed25519.Verify(c.key, cosigned(binary.BigEndian.Uint64(sig), text), sig[8:])
}

func cosigned(time uint64, text []byte) []byte {
	return append([]byte(fmt.Sprintf("cosignature/v1\ntime %d\n", time)), text...)
}

func judgeNote(q noteQuestion) error {
	var known []note.Verifier
	for _, key := range q.Keys {
		verifier, err := note.NewVerifier(key)
		if err != nil {
			return err
		}
		known = append(known, verifier)
	}
	for _, key := range q.Cosigners {
		verifier, err := newCosigner(key)
		if err != nil {
			return err
		}
		known = append(known, verifier)
	}
	opened, err := note.Open([]byte(q.Note), note.VerifierList(known...))
	if err != nil {
		return err
	}
	if len(opened.Sigs) != q.Signatures {
		return fmt.Errorf("%d signatures verified", len(opened.Sigs))
	}
	return nil
}

func judgeTree(text string) error {
	tree, err := tlog.ParseTree([]byte(text))
	if err == nil && string(tlog.FormatTree(tree)) != text {
		err = fmt.Errorf("another spelling: %q", tlog.FormatTree(tree))
	}
	return err
}

func hash(text string) tlog.Hash {
	parsed, err := tlog.ParseHash(text)
	check(err)
	return parsed
}

func hashes(texts []string) []tlog.Hash {
	var parsed []tlog.Hash
	for _, text := range texts {
		parsed = append(parsed, hash(text))
	}
	return parsed
}

func judgeInclusion(q proofQuestion) error {
	return tlog.CheckRecord(hashes(q.Proof), q.Size, hash(q.Root), q.OldSize, hash(q.OldHash))
}

func judgeConsistency(q proofQuestion) error {
	return tlog.CheckTree(hashes(q.Proof), q.Size, hash(q.Root), q.OldSize, hash(q.OldHash))
}

// shelf serves tiles by the paths of c2sp.org/tlog-tiles, which do not name the height.
type shelf map[string][]byte

func path(tile tlog.Tile) string {
	return strings.Replace(tile.Path(), fmt.Sprintf("tile/%d/", height), "tile/", 1)
}

func (s shelf) Height() int                     { return height }
func (s shelf) SaveTiles([]tlog.Tile, [][]byte) {}
func (s shelf) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var found [][]byte
	for _, tile := range tiles {
		data, ok := s[path(tile)]
		if !ok {
			return nil, fmt.Errorf("missing: %s", path(tile))
		}
		found = append(found, data)
	}
	return found, nil
}

func judgeTiles(q tilesQuestion) error {
	reader := tlog.TileHashReader(tlog.Tree{N: q.Size, Hash: hash(q.Root)}, shelf(q.Tiles))
	var all []int64
	for leaf := int64(0); leaf < q.Size; leaf++ {
		all = append(all, tlog.StoredHashIndex(0, leaf))
	}
	_, err := reader.ReadHashes(all)
	return err
}

func judge(q question) map[string][]string {
	said := map[string][]string{"notes": {}, "trees": {}, "inclusion": {}, "consistency": {}, "tiles": {}}
	add := func(kind string, err error) {
		text := ""
		if err != nil {
			text = err.Error()
		}
		said[kind] = append(said[kind], text)
	}
	for _, one := range q.Notes {
		add("notes", judgeNote(one))
	}
	for _, one := range q.Trees {
		add("trees", judgeTree(one))
	}
	for _, one := range q.Inclusion {
		add("inclusion", judgeInclusion(one))
	}
	for _, one := range q.Consistency {
		add("consistency", judgeConsistency(one))
	}
	for _, one := range q.Tiles {
		add("tiles", judgeTiles(one))
	}
	return said
}

// memory stores a tree's hashes one after another, as package tlog numbers them.
type memory []tlog.Hash

func (m memory) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	var found []tlog.Hash
	for _, index := range indexes {
		found = append(found, m[index])
	}
	return found, nil
}

type made struct {
	Notes       []string                 `json:"notes"`
	Trees       []string                 `json:"trees"`
	Roots       []string                 `json:"roots"` // by size, from 0
	Inclusion   []map[string]interface{} `json:"inclusion"`
	Consistency []map[string]interface{} `json:"consistency"`
	Tiles       map[string][]byte        `json:"tiles"`
}

func makeAll(q question) made {
	var answer made
	signer, err := note.NewSigner(q.SigningKey)
	check(err)
	for _, text := range q.Texts {
		signed, err := note.Sign(&note.Note{Text: text}, signer)
		check(err)
		answer.Notes = append(answer.Notes, string(signed)+cosignatureLine(q, text))
	}
	var stored memory
	for n := int64(0); n <= int64(len(q.Entries)); n++ {
		root, err := tlog.TreeHash(n, stored)
		check(err)
		answer.Roots = append(answer.Roots, root.String())
		answer.Trees = append(answer.Trees, string(tlog.FormatTree(tlog.Tree{N: n, Hash: root})))
		for old := int64(1); q.Proofs && old <= n; old++ {
			proof, err := tlog.ProveRecord(n, old-1, stored)
			check(err)
			answer.Inclusion = append(answer.Inclusion, proven(old-1, n, proof))
			grown, err := tlog.ProveTree(n, old, stored)
			check(err)
			answer.Consistency = append(answer.Consistency, proven(old, n, grown))
		}
		if n < int64(len(q.Entries)) {
			added, err := tlog.StoredHashes(n, q.Entries[n], stored)
			check(err)
			stored = append(stored, added...)
		}
	}
	answer.Tiles = map[string][]byte{}
	for _, tile := range tlog.NewTiles(height, 0, int64(len(q.Entries))) {
		data, err := tlog.ReadTileData(tile, stored)
		check(err)
		answer.Tiles[path(tile)] = data
	}
	return answer
}

func proven(old, size int64, proof []tlog.Hash) map[string]interface{} {
	texts := []string{}
	for _, hash := range proof {
		texts = append(texts, hash.String())
	}
	return map[string]interface{}{"old": old, "size": size, "proof": texts}
}

func cosignatureLine(q question, text string) string {
	private := ed25519.NewKeyFromSeed(q.CosigningSeed)
	public := append([]byte{4}, private.Public().(ed25519.PublicKey)...)
	id := sha256.Sum256([]byte(q.CosignerName + "\n" + string(public)))
	sig := binary.BigEndian.AppendUint64(id[:4:4], q.Time)
	sig = append(sig, ed25519.Sign(private, cosigned(q.Time, []byte(text)))...)
	return fmt.Sprintf("— %s %s\n", q.CosignerName, base64.StdEncoding.EncodeToString(sig))
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func main() {
	var q question
	check(json.NewDecoder(os.Stdin).Decode(&q))
	var answer interface{} = judge(q)
	if len(os.Args) > 1 && os.Args[1] == "make" {
		answer = makeAll(q)
	}
	check(json.NewEncoder(os.Stdout).Encode(answer))
}
