package protocol

// Decode decodes the payload of any frame that is not raw data. Raw frames come back as Raw with
// the payload itself, not a copy.
func Decode(t Type, p []byte) (Message, error) {
	switch t {
	case TypeHello:
		return DecodeHello(p)
	case TypeWelcome:
		return DecodeWelcome(p)
	case TypeReady:
		return DecodeReady(p)
	case TypePing:
		return DecodePing(p)
	case TypePong:
		return DecodePong(p)
	case TypeExec:
		return DecodeExec(p)
	case TypeCredit:
		return DecodeCredit(p)
	case TypeExit:
		return DecodeExit(p)
	case TypeError:
		return DecodeError(p)
	case TypeRead:
		return DecodeRead(p)
	case TypeWrite:
		return DecodeWrite(p)
	case TypeList:
		return DecodeList(p)
	case TypeStat:
		return DecodeStat(p)
	case TypeMkdir:
		return DecodeMkdir(p)
	case TypeRemove:
		return DecodeRemove(p)
	case TypeFileInfo:
		return DecodeFileInfo(p)
	case TypeWritten:
		return DecodeWritten(p)
	case TypeEntries:
		return DecodeEntries(p)
	case TypeStdin, TypeStdout, TypeStderr, TypeData:
		return Raw{Kind: t, Bytes: p}, nil
	}
	return empty{t}, DecodeEmpty(p)
}
