"""A small tree of every corpus in its true layout, written by hand from what public readers expect.

Nothing here comes from our own synth.py, which writes what its author read into a description. Sources
are named beside each tree.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
import soundfile

from paralbench.catalog import Catalog
from paralbench.corpora.locating import locate
from paralbench.corpora.reading import read

CATALOG = Catalog()

ELSEWHERE = {
    "audformat": "needs a database; tests/tasks/test_audformat.py writes one with the library",
    "hf-dataset": "needs Arrow files; tests/tasks/test_hf_dataset.py writes them with the library",
}


@dataclass(frozen=True)
class Tree:
    """Files below the corpus root, and what is read of them: id -> (partition or group, label).

    A path that ends with .wav and holds no text is a recording of five seconds. ``key`` names the
    group, attribute or "partition" that is expected beside the label. ``votes`` are those of raters.
    """

    files: dict[str, str]
    key: str
    label: str
    expected: dict[str, tuple[str | None, object]]
    erratum: dict[str, str] = field(default_factory=dict)
    votes: dict[str, dict[str, int]] = field(default_factory=dict)


_PRAAT = (
    'File type = "ooTextFile"\nObject class = "TextGrid"\n\nxmin = 0 \nxmax = 10 \n'
    'tiers? <exists> \nsize = 1 \nitem []: \n    item [1]:\n        class = "IntervalTier" \n'
    '        name = "words" \n        xmin = 0 \n        xmax = 10 \n        intervals: size = 2 \n'
    "        intervals [1]:\n            xmin = 0 \n            xmax = 3.5 \n"
    '            text = "speech " \n        intervals [2]:\n            xmin = 3.5 \n'
    '            xmax = 4.25 \n            text = "cough" \n'
)
_PHQ = (
    "Participant_ID,PHQ8_Binary,PHQ8_Score,Gender,PHQ8_NoInterest,PHQ8_Depressed,PHQ8_Sleep,"
    "PHQ8_Tired,PHQ8_Appetite,PHQ8_Failure,PHQ8_Concentrating,PHQ8_Moving\n"
)
_TALK = "start_time\tstop_time\tspeaker\tvalue\n1\t2\tEllie\thi\n2.5\t4\tParticipant\thello\n"
_SVD = (
    "AufnahmeID,AufnahmeTyp,AufnahmeDatum,Diagnose,SprecherID,Geburtsdatum,Geschlecht,Pathologien\n"
)
_AVEC = "name;timestamp;arousal;valence;liking\n"
_CHAT = (
    "@Begin\n@ID:\teng|Pitt|PAR|{}|male|{}||Participant|28||\n@ID:\teng|Pitt|INV|||||Investigator|||\n"
    "*INV:\tmade up . \x150_900\x15\n*PAR:\tmade\n\tup . \x15900_2500\x15\n%mor:\tn|x\n@End\n"
)
_SEP = (
    "Show,EpId,ClipId,Start,Stop,Unsure,PoorAudioQuality,Prolongation,Block,SoundRep,WordRep,"
    "DifficultToUnderstand,Interjection,NoStutteredWords,NaturalPause,Music,NoSpeech\n"
)


def _series(name: str) -> str:
    return _AVEC + "".join(f"'{name}';{step / 10:.6f};0.1;0.2;0.0\n" for step in range(5))


def _evaluation(name: str, emotion: str) -> str:
    return (
        "% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]\n\n"
        f"[6.2901 - 8.2357]\t{name}\t{emotion}\t[2.5000, 2.5000, 2.5000]\n"
        "C-E2:\tNeutral;\t()\nC-E3:\tNeutral; Sadness;\t()\nC-E4:\tOther;\t(bored)\n"
        "C-F1:\tAnger;\t()\nA-E3:\tval 3; act 2; dom  2;\t()\n\n"
    )


TREES: dict[str, Tree] = {
    # TensorFlow Datasets' accentdb.py
    "accentdb": Tree(
        {"telugu/speaker_01/telugu_s01_001.wav": "", "odiya/speaker_01/odiya_s01_001.wav": "",
         "bangla/speaker_02/bangla_s02_001.wav": ""},
        "speaker", "accent",
        {"telugu/speaker_01/telugu_s01_001.wav": ("telugu/speaker_01", "telugu"),
         "odiya/speaker_01/odiya_s01_001.wav": ("odiya/speaker_01", "odiya"),
         "bangla/speaker_02/bangla_s02_001.wav": ("bangla/speaker_02", "bangla")},
    ),
    # loaders of ADReSS-IS2020-data that read 2020Labels.txt
    "adress": Tree(
        {"train/cc_meta_data.txt": "ID   ; age ; gender ; mmse\nS001 ; 74 ; male   ; 29\n",
         "train/cd_meta_data.txt": "ID   ; age ; gender ; mmse\nS079 ; 66 ; female ; 18\n",
         "train/Full_wave_enhanced_audio/cc/S001.wav": "",
         "train/Full_wave_enhanced_audio/cd/S079.wav": "",
         "test/Full_wave_enhanced_audio/S160.wav": "",
         "2020Labels.txt": "ID   ; age; gender; Label ; mmse\nS160 ; 61 ; female ; 1 ; 20\n"},
        "partition", "diagnosis",
        {"S001": ("train", "Control"), "S079": ("train", "ProbableAD"), "S160": ("test", "ProbableAD")},
    ),
    # lcn-kul/madress-2023, data/raw
    "adress-m": Tree(
        {"training-groundtruth.csv": '"adressfname","age","gender","educ","dx","mmse"\n'
         '"adrso002",72,"female",NA,"Control",29\n',
         "sample-gr-groundtruth.csv": '"addressfname","age","gender","educ","dx","mmse"\n'
         '"madrs002",70,"Female",6,"ProbableAD",20\n',
         "ADReSS-M-meta.csv": "addressfname,age,gender,educ\r\nmadrs010,66,Male,9\r\n",
         "train/adrso002.mp3": "x", "sample-gr/madrs002.wav": "", "test-gr/madrs010.wav": ""},
        "partition", "diagnosis",
        {"adrso002": ("train", "Control"), "madrs002": ("sample", "ProbableAD"),
         "madrs010": ("test", None)},
    ),
    # the README that ADReSSo 2021 ships
    "adresso": Tree(
        {"diagnosis/train/audio/cn/adrso002.wav": "", "diagnosis/train/audio/ad/adrso024.wav": "",
         "diagnosis/train/segmentation/cn/adrso002.csv": '"","speaker","begin","end"\n"1","PAR",0,900\n',
         "diagnosis/train/segmentation/ad/adrso024.csv": '"","speaker","begin","end"\n"1","PAR",0,900\n',
         "diagnosis/train/adresso-train-mmse-scores.csv": '"","adressfname","mmse","dx"\n'
         '"1","adrso002",29,"cn"\n"2","adrso024",20,"ad"\n',
         "diagnosis/test-dist/audio/adrsdt1.wav": "",
         "diagnosis/test-dist/segmentation/adrsdt1.csv": '"","speaker","begin","end"\n"1","PAR",0,900\n',
         "label_test_task1.csv": "ID,Dx\nadrsdt1,Control\n"},
        "partition", "diagnosis",
        {"adrso002": ("train", "Control"), "adrso024": ("train", "ProbableAD"),
         "adrsdt1": ("test", "Control")},
    ),
    # the README of androidscorpus/data, and the columns that nkululeko's reader takes of the folds
    "androids": Tree(
        {"fold-lists.csv": "Read,,,,,,,Interview,,,,\nfold1,fold2,fold3,fold4,fold5,,,fold1,fold2,fold3,"
         "fold4,fold5\n'02_CF31_3','07_PM44_X',,,,,,,,'07_PM44_X',,\n",
         "Reading-Task/audio/HC/02_CF31_3.wav": "", "Reading-Task/audio/PT/07_PM44_X.wav": "",
         "Interview-Task/audio/PT/07_PM44_X.wav": "",
         "Interview-Task/audio_clip/07_PM44_X/07_PM44_X_2.wav": "",
         "Interview-Task/audio_clip/07_PM44_X/07_PM44_X_10.wav": ""},
        "fold", "depression",
        {"reading/02_CF31_3": ("1", "control"), "reading/07_PM44_X": ("2", "depressed"),
         "interview/07_PM44_X": ("3", "depressed")},
    ),
    # s3prl downstream/mosei: CMU_MOSEI_Labels.csv and segment_audio.py
    "cmu-mosei": Tree(
        {"CMU_MOSEI_Labels.csv": ",file,index,start,end,label2a,label2b,label6,label7,split\n"
         "0,--qXJ,0,23.199,30.325,1,1,0,1,1\n1,-3g5y,0,82.753,100.555,0,-1,0,-2,0\n"
         "2,zz_9,4,1.0,2.0,1,0,0,0,3\n",
         "Segmented_Audio/dev/--qXJ_0.wav": "", "Segmented_Audio/train/-3g5y_0.wav": ""},
        "partition", "step",
        {"--qXJ_0": ("dev", 1.0), "-3g5y_0": ("train", -2.0)},
        {"zz_9_4": "never-cut"},
    ),
    # lhotse's commonvoice recipe; the columns of release 17 as the Hugging Face card has them
    "common-voice": Tree(
        {**{f"{part}.tsv": "client_id\tpath\tsentence\tup_votes\tdown_votes\tage\tgender\taccents\t"
            f"variant\tlocale\tsegment\n{part}1\tcommon_voice_en_{number}.mp3\t\"Made up, twice\t2\t0\t"
            f"{age}\tfemale_feminine\tEngland English\t\ten\t\n"
            for part, number, age in (("train", 1, "fourties"), ("dev", 2, ""), ("test", 3, "teens"))},
         **{f"clips/common_voice_en_{number}.mp3": "x" for number in (1, 2, 3)}},
        "partition", "age",
        {"common_voice_en_1": ("train", "forties"), "common_voice_en_2": ("dev", None),
         "common_voice_en_3": ("test", "teens")},
    ),
    # iiscleap/Coswara-Data: combined_data.csv, annotations, extract_data.py
    "coswara": Tree(
        {"combined_data.csv": "id,a,covid_status,record_date,ep,g,l_c,l_l,l_s,rU\n"
         "iV3D,28,healthy,2020-04-23,y,male,India,Anantapur,Andhra Pradesh,n\n",
         "annotations/cough-heavy_labels.csv": "FILENAME, QUALITY\niV3D_cough-heavy,0\n",
         "Extracted_data/20200424/iV3D/cough-heavy.wav": "",
         "Extracted_data/20200424/iV3D/vowel-a.wav": ""},
        "quality", "covid",
        {"iV3D/cough-heavy": ("bad", "healthy"), "iV3D/vowel-a": ("unknown", "healthy")},
    ),
    # CheyneyComputerScience/CREMA-D
    "crema-d": Tree(
        {"AudioWAV/1001_IEO_NEU_XX.wav": "", "AudioWAV/1076_MTI_SAD_XX.wav": "",
         "processedResults/summaryTable.csv": '"","FileName","VoiceVote","VoiceLevel"\n'
         '"1","1001_IEO_NEU_XX","N","69.1"\n',
         # tabulateVotesV2.r of the repository: 100001 is clip 1 by voice, 200001 by face
         "processedResults/tabulatedVotes.csv": '"","A","D","F","H","N","S","fileName","numResponses"\n'
         '"100001",0,0,0,1,10,0,"1001_IEO_NEU_XX",11\n"200001",2,0,0,0,8,0,"1001_IEO_NEU_XX",10\n',
         "VideoDemographics.csv": "ActorID,Age,Sex,Race,Ethnicity\n1001,51,Male,Caucasian,Not Hispanic\n"},
        "speaker", "perceived",
        {"1001_IEO_NEU_XX": ("1001", "NEU")},
        {"1076_MTI_SAD_XX": "silent-file"},
        {"1001_IEO_NEU_XX": {"HAP": 1, "NEU": 10}},
    ),
    # the AVEC 2017 split tables, as public readers describe them
    "daic-woz": Tree(
        {"train_split_Depression_AVEC2017.csv": _PHQ + "303,0,2,0,1,1,0,0,0,0,0,0\n",
         "dev_split_Depression_AVEC2017.csv": _PHQ + "302,1,12,1,2,2,2,2,2,1,1,0\n",
         "test_split_Depression_AVEC2017.csv": "participant_ID,Gender\n300,1\n",
         "full_test_split.csv": "Participant_ID,PHQ_Binary,PHQ_Score,Gender\n300,0,2,1\n",
         **{f"{n}_P/{n}_AUDIO.wav": "" for n in (300, 302, 303)},
         **{f"{n}_P/{n}_TRANSCRIPT.csv": _TALK for n in (300, 302, 303)}},
        "partition", "depression",
        {"303": ("train", "not-depressed"), "302": ("dev", "depressed"), "300": ("test", "not-depressed")},
    ),
    # dcapswoz.ict.usc.edu/wwwedaic, as public readers walk it
    "e-daic": Tree(
        {f"labels/{part}_split.csv": "Participant_ID,Gender,PHQ_Binary,PHQ_Score,PCL-C (PTSD),PTSD Severity\n"
         f"{n},male,0,{score},0,22.0\n"
         for part, n, score in (("train", 302, 4), ("dev", 300, 2), ("test", 600, 5))}
        | {f"data/{n}_P/{n}_AUDIO.wav": "" for n in (300, 302, 600)}
        | {f"data/{n}_P/{n}_Transcript.csv": "Start_Time,End_Time,Text,Confidence\n"
           for n in (300, 302, 600)},
        "partition", "phq8",
        {"302": ("train", "4"), "300": ("dev", "2"), "600": ("test", "5")},
    ),
    # the README of speechandlanguageprocessing/ICASSP2022-Depression
    "eatd": Tree(
        {"t_2/new_label.txt": "56.25\n", "v_2/new_label.txt": "37.5",
         **{f"{who}_2/{question}_out.wav": "" for who in "tv"
            for question in ("positive", "neutral", "negative")}},
        "partition", "sds", {"train/2": ("train", 56.25), "validation/2": ("validation", 37.5)},
    ),
    # EmoBox emodb.py
    "emodb": Tree(
        {"wav/03a01Fa.wav": "", "wav/16b10Wb.wav": ""},
        "speaker", "emotion", {"03a01Fa": ("03", "happiness"), "16b10Wb": ("16", "anger")},
    ),
    # EmoBox emovo.py
    "emovo": Tree(
        {"f1/gio-f1-b2.wav": "", "m3/rab-m3-n5.wav": "", "f1/._gio-f1-b2.wav": "x"},
        "speaker", "emotion", {"gio-f1-b2": ("f1", "joy"), "rab-m3-n5": ("m3", "anger")},
    ),
    # EmoBox esd.py
    "esd": Tree(
        {"0001/Neutral/0001_000001.wav": "", "0001/Angry/0001_000351.wav": "",
         "0020/Surprise/test/0020_001421.wav": "", "0001/0001.txt": "0001_000001\t打远一看\t中立\n"},
        "text", "emotion",
        {"0001_000001": ("zh-001", "Neutral"), "0001_000351": ("zh-001", "Angry"),
         "0020_001421": ("en-021", "Surprise")},
    ),
    # Forsad/FluSense-data
    "flusense": Tree(
        {"flusense_data/-US0Qih3W9k_20_000-30_000.TextGrid": _PRAAT,
         "flusense_data/-US0Qih3W9k_20_000-30_000.wav": ""},
        "video", "event",
        {"-US0Qih3W9k_20_000-30_000@0.000-3.500": ("-US0Qih3W9k", "speech"),
         "-US0Qih3W9k_20_000-30_000@3.500-4.250": ("-US0Qih3W9k", "cough")},
    ),
    # hedgewars-data, as packaged
    "game-voices": Tree(
        {"Pirate/Ow3.ogg": "x", "Default/Nooo.ogg": "x"},
        "speaker", "event", {"Pirate/Ow3": ("Pirate", "Ow"), "Default/Nooo": ("Default", "Nooo")},
    ),
    # torchaudio's and s3prl's readers, without their prefix as speaker
    "iemocap": Tree(
        {"Session1/dialog/EmoEvaluation/Ses01F_impro01.txt": _evaluation("Ses01F_impro01_M000", "neu"),
         "Session1/dialog/EmoEvaluation/Categorical/Ses01F_impro01_e1_cat.txt": "Ses01F_impro01_M000 :Anger;\n",
         "Session1/sentences/wav/Ses01F_impro01/Ses01F_impro01_M000.wav": "",
         "Session5/dialog/EmoEvaluation/Ses05M_script01_1b.txt": _evaluation("Ses05M_script01_1b_F001", "exc"),
         "Session5/sentences/wav/Ses05M_script01_1b/Ses05M_script01_1b_F001.wav": ""},
        "speaker", "emotion",
        {"Ses01F_impro01_M000": ("Ses01M", "neu"), "Ses05M_script01_1b_F001": ("Ses05F", "exc")},
        votes={name: {"neu": 2, "sad": 1, "oth": 1}  # W-Wu/ERC-SLT22: the C-E lines, each choice a vote
               for name in ("Ses01F_impro01_M000", "Ses05M_script01_1b_F001")},
    ),
    # lhotse's kespeech recipe
    "kespeech": Tree(
        {"Tasks/ASR/train_phase1/wav.scp": "1000001_a Audio/1000001/phase1/1000001_a.wav\n",
         "Tasks/ASR/train_phase1/utt2spk": "1000001_a 1000001\n",
         "Tasks/ASR/train_phase1/utt2subdialect": "1000001_a Zhongyuan\n",
         "Tasks/ASR/test/wav.scp": "1000002_b Audio/1000002/phase1/1000002_b.wav\n",
         "Tasks/ASR/test/utt2spk": "1000002_b 1000002\n",
         "Tasks/ASR/test/utt2subdialect": "1000002_b Mandarin\n",
         "Audio/1000001/phase1/1000001_a.wav": "", "Audio/1000002/phase1/1000002_b.wav": ""},
        "partition", "dialect",
        {"1000001_a": ("train", "Zhongyuan"), "1000002_b": ("test", "Mandarin")},
    ),
    # EmoBox m3ed.py
    "m3ed": Tree(
        {"annotation.json": json.dumps({"甲": {"甲_1": {
            "SpeakerInfo": {"A": {"Name": "老王"}, "B": {"Name": "小李"}},
            "Dialog": {"甲_1_1": {"Speaker": "A", "EmoAnnotation": {"final_main_emo": "Happy"}}}}}}),
         "splitInfo/movie_list_train.txt": "甲", "splitInfo/movie_list_val.txt": "乙\n",
         "splitInfo/movie_list_test.txt": "丙\n", "modality_speech/A_甲_1_1.wav": ""},
        "partition", "emotion", {"甲_1_1": ("train", "happy")},
    ),
    "manifest": Tree(
        {"manifest.csv": "path,target,speaker\na.wav,x,p1\nb.wav,y,p2\n", "a.wav": "", "b.wav": ""},
        "speaker", "target", {"a.wav": ("p1", "x"), "b.wav": ("p2", "y")},
    ),
    # declare-lab/MELD's tables, EmoBox's and nkululeko's folders
    "meld": Tree(
        {"train/train_sent_emo.csv": "Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID,"
         "Season,Episode,StartTime,EndTime\n1,made up,Chandler,joy,positive,0,0,8,21,\"0:1,0\",\"0:2,0\"\n"
         "2,made up,Ross,neutral,neutral,125,3,1,1,\"0\",\"0\"\n",
         "dev_sent_emo.csv": "Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID\n"
         "1,made up,Phoebe,fear,negative,0,0\n",
         "test_sent_emo.csv": "Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID\n"
         "1,made up,Joey,anger,negative,0,0\n",
         "train/train_splits/dia0_utt0.mp4": "x", "dev_splits_complete/dia0_utt0.mp4": "x",
         "output_repeated_splits_test/dia0_utt0.mp4": "x"},
        "partition", "emotion",
        {"train/dia0_utt0": ("train", "joy"), "dev/dia0_utt0": ("dev", "fear"),
         "test/dia0_utt0": ("test", "anger")},
        {"train/dia125_utt3": "unusable-videos"},
    ),
    # EmoBox mesd.py
    "mesd": Tree(
        {"Anger_F_B_ofensa.wav": "", "Sadness_C_A_mas_tarde.wav": ""},
        "text", "emotion",
        {"Anger_F_B_ofensa": ("ofensa", "anger"), "Sadness_C_A_mas_tarde": ("mas_tarde", "sadness")},
    ),
    # nkululeko's process_database.py for release 1.8
    "msp-podcast": Tree(
        {"Labels/labels_concensus.csv": "FileName,EmoClass,EmoAct,EmoVal,EmoDom,SpkrID,Gender,Split_Set\n"
         "MSP-PODCAST_0001_0008.wav,N,3.2,4,3.8,127,Male,Test1\n"
         "MSP-PODCAST_0002_0033.wav,H,5.4,6,5,Unknown,Unknown,Train\n"
         "MSP-PODCAST_0003_0002.wav,A,6,2,6,3,Female,Validation\n",
         # tavernor's and ertk's readers of releases 1.7 to 1.12
         "Labels/labels_detailed.csv": "FileName,EmoDetail\n"
         'MSP-PODCAST_0001_0008.wav,"WORKER00000001; Neutral; Neutral,Happy; A:3.0; V:4.0; D:4.0;"\n'
         'MSP-PODCAST_0001_0008.wav,"WORKER00000002; Other (calm); Other; A:3.0; V:4.0; D:4.0;"\n'
         'MSP-PODCAST_0003_0002.wav,"WORKER00000001; Angry; Angry; A:6.0; V:2.0; D:6.0;"\n',
         **{f"Audios/MSP-PODCAST_{n}.wav": "" for n in ("0001_0008", "0002_0033", "0003_0002")}},
        "partition", "emotion",
        {"MSP-PODCAST_0001_0008.wav": ("Test1", "neutral"),
         "MSP-PODCAST_0002_0033.wav": ("Train-unknown", "happiness"),
         "MSP-PODCAST_0003_0002.wav": ("Development", "anger")},
        votes={"MSP-PODCAST_0001_0008.wav": {"neutral": 1, "other": 1},
               "MSP-PODCAST_0003_0002.wav": {"anger": 1}},
    ),
    # soujanyaporia/MUStARD, README and data_loader.py
    "mustard": Tree(
        {"data/sarcasm_data.json": json.dumps({
            "1_60": {"utterance": "made up", "speaker": "SHELDON", "context": [],
                     "context_speakers": [], "show": "BBT", "sarcasm": True},
            "2_380": {"utterance": "made up", "speaker": "ROSS", "context": [],
                      "context_speakers": [], "show": "FRIENDS", "sarcasm": False}}),
         "mmsd_raw_data/utterances_final/1_60.mp4": "x", "mmsd_raw_data/utterances_final/2_380.mp4": "x"},
        "partition", "sarcasm", {"1_60": ("train", "sarcastic"), "2_380": ("test", "sincere")},
    ),
    # nkululeko's neurovoz reader: data/audios and data/metadata; names as public readers split them
    "neurovoz": Tree(
        {"audios/HC_A1_0034.wav": "", "audios/HC_FREE_0034.wav": "", "audios/PD_PATAKA_0004.wav": "",
         "metadata/metadata_hc.csv": "ID\n34\n", "metadata/metadata_pd.csv": "ID\n4\n"},
        "speaker", "parkinson",
        {"HC_0034": ("HC_0034", "control"), "PD_0004": ("PD_0004", "parkinson")},
    ),
    # TensorFlow Datasets' dementiabank.py; the transcript as CHAT's manual has it
    "pitt": Tree(
        {"Control/cookie/002-0.wav": "", "Dementia/cookie/035-1.wav": "",
         "Control/cookie/002-0.cha": _CHAT.format("57;", "Control"),
         "Dementia/cookie/035-1.cha": _CHAT.format("71;06.", "ProbableAD")},
        "speaker", "dementia",
        {"control/002-0": ("002", "control"), "dementia/035-1": ("035", "dementia")},
    ),
    # EmoBox ravdess.py
    "ravdess": Tree(
        {"Actor_12/03-01-06-01-02-01-12.wav": "",
         "Actor_01/03-01-01-01-01-01-01.wav": ""},
        "speaker", "emotion",
        {"03-01-06-01-02-01-12": ("12", "fearful"), "03-01-01-01-01-01-01": ("01", "neutral")},
    ),
    # nkululeko's savee reader
    "savee": Tree(
        {"DC/a01.wav": "", "KL/su02.wav": "", "JE/sa10.wav": ""},
        "speaker", "emotion",
        {"DC_a01": ("DC", "anger"), "KL_su02": ("KL", "surprise"), "JE_sa10": ("JE", "sadness")},
    ),
    # apple/ml-stuttering-events-dataset: the tables, and where extract_clips.py writes
    "sep28k": Tree(
        {"SEP-28k_labels.csv": _SEP
         + "HeStutters, 0, 0, 31900320, 31948320, 0, 0, 0, 0, 0, 0, 0, 0, 3, 1, 0, 0\n"
         "HVSA, 010, 12, 0, 48000, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0\n",
         "fluencybank_labels.csv": _SEP
         + "FluencyBank, 010, 0, 88960, 136960, 0, 0, 0, 1, 0, 0, 0, 0, 2, 0, 0, 0\n",
         "clips/HeStutters/0/HeStutters_0_0.wav": "", "clips/HVSA/010/HVSA_010_12.wav": ""},
        "episode", "fluency",
        {"HeStutters_0_0": ("HeStutters/0", "fluent"), "HVSA_010_12": ("HVSA/010", "stuttered")},
    ),
    # AVEC2019, CES_data.py
    "sewa": Tree(
        {"labels/Train_DE_01.csv": _series("Train_DE_01"), "labels/Devel_HU_02.csv": _series("Devel_HU_02"),
         "audio/Train_DE_01.wav": "", "audio/Devel_HU_02.wav": "", "audio/Test_CN_70.wav": ""},
        "part", "nothing",
        {"Train_DE_01": ("Train_DE", None), "Devel_HU_02": ("Devel_HU", None), "Test_CN_70": ("Test_CN", None)},
    ),
    # no layout is public; the card says so and asks for a table
    "simusoe": Tree(
        {"manifest.csv": "path,subject,label,ahi,sex,age\na.wav,P1,mild,7,male,40\nb.wav,P2,severe,44,female,50\n",
         "a.wav": "", "b.wav": ""},
        "speaker", "label", {"P1": ("P1", "mild"), "P2": ("P2", "severe")},
    ),
    # sbvoicedb: README and database.py
    "svd": Tree(
        {"voice_data.csv": _SVD + "1,n,1997-11-20,,1,1977-04-07,w,\n2,p,1998-01-02,,9,1950-01-01,m,Laryngitis\n"
         "2797,n,2004-01-01,,2797,1960-01-01,m,\n",
         "data/1/sentnces/1-phrase.nsp": "x", "data/1/sentnces/1-phrase-egg.egg": "x",
         "data/2/vowels/2-a_n.nsp": "x", "data/2/vowels/2-a_n-egg.egg": "x"},
        "speaker", "health", {"1-phrase": ("1", "healthy"), "2-a_n": ("9", "pathological")},
    ),
    # EmoBox tess.py
    "tess": Tree(
        {"OAF_angry/OAF_back_angry.wav": "", "YAF_pleasant_surprised/YAF_back_ps.wav": "",
         "TESS/OAF_angry/OAF_back_angry.wav": ""},
        "speaker", "emotion",
        {"OAF_back_angry": ("OAF", "angry"), "YAF_back_surprise": ("YAF", "surprise")},
    ),
    # idiap/torgo_asr, local/torgo_data_prep.sh
    "torgo": Tree(
        {"F01/Session1/prompts/0006.txt": "stick\n", "F01/Session1/wav_headMic/0006.wav": "",
         "F01/Session1/wav_arrayMic/0006.wav": "", "F01/Session1/prompts/0007.txt": "[say Ah-P-Eee]",
         "F01/Session1/wav_headMic/0007.wav": "", "MC01/Session2/prompts/0010.txt": "stick",
         "MC01/Session2/wav_arrayMic/0010.wav": ""},
        "text", "dysarthria",
        {"F01/Session1/0006": ("stick", "dysarthric"), "MC01/Session2/0010": ("stick", "control")},
    ),
    # nkululeko's vivae reader
    "vivae": Tree(
        {"full_set/S10_fear_low_03.wav": "", "core_set/S10_fear_low_03.wav": ""},
        "speaker", "emotion", {"S10_fear_low_03": ("S10", "fear")},
    ),
    # asterisk-core-sounds, as packaged
    "voice-prompts": Tree(
        {"en_US_f_Allison/digits/1.g722": "x", "es_MX_f_Allison/digits/1.g722": "x",
         "en_US_f_Allison/hello.g722": "x", "es_MX_f_Allison/hello.g722": "x"},
        "prompt", "language", {"en/digits/1": ("digits/1", "en"), "es/digits/1": ("digits/1", "es"),
         "en/hello": ("hello", "en"), "es/hello": ("hello", "es")},
    ),
    # lhotse's voxceleb recipe and the metadata in hechmik/voxceleb_enrichment_age_gender
    "voxceleb": Tree(
        {"VoxCeleb1/vox1_meta.csv": "VoxCeleb1 ID\tVGGFace1 ID\tGender\tNationality\tSet\n"
         "id10001\tA.J._Buckley\tm\tIreland\tdev\n",
         "VoxCeleb1/dev/wav/id10001/1zcIwhmdeo4/00001.wav": "",
         "VoxCeleb2/vox2_meta.csv": "Name \tVoxCeleb2 ID \tVGGFace2 ID \tGender \tSet \n"
         "Aaron_Ashmore \tid00012 \tn000012 \tf \tdev \n",
         "VoxCeleb2/dev/aac/id00012/21Uxsk56VDQ/00001.m4a": "x"},
        "release", "sex",
        {"id10001/1zcIwhmdeo4/00001": ("voxceleb1", "male"),
         "id00012/21Uxsk56VDQ/00001": ("voxceleb2", "female")},
    ),
}  # fmt: skip


def _written(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        if name.endswith(".wav") and not text:
            soundfile.write(root / name, np.zeros(5000, np.float32), 1000, subtype="PCM_16")
        else:
            (root / name).write_text(text, encoding="utf-8", newline="")
    return root


def test_every_corpus_has_a_tree() -> None:
    assert TREES.keys() | ELSEWHERE.keys() == CATALOG.corpora.keys()


@pytest.mark.parametrize("levels", [0, 1, 2])
@pytest.mark.parametrize("name", TREES)
def test_the_true_layout_is_found_and_read(tmp_path: Path, name: str, levels: int) -> None:
    corpus, tree = CATALOG.corpus(name), TREES[name]
    if levels and not corpus.card.layout.markers:
        pytest.skip("a corpus without markers is where it is said to be")
    root = _written(tmp_path / "disk" / "some copy" / "root", tree.files)
    place = (root, root.parent, root.parent.parent)[levels]
    reading = read(corpus, locate(corpus.card, {name: place}))
    expected = {
        example.id: (
            example.partition if tree.key == "partition" else example.value(tree.key),
            example.labels.get(tree.label),
        )
        for example in reading.examples
        if example.id in tree.expected
    }
    assert expected == tree.expected
    votes = {
        example.id: {choice: count for choice, count in counts.items() if count}
        for example in reading.examples
        for counts in example.votes.values()
    }
    assert votes == tree.votes
    errata = {refusal.subject: refusal.erratum for refusal in reading.refused if refusal.erratum}
    assert {name: errata.get(name) for name in tree.erratum} == tree.erratum
    assert [str(refusal) for refusal in reading.refused if not refusal.erratum] == []
    if name != "coswara":  # nine sounds a person, of which the tree holds two
        extra = {example.id for example in reading.examples} - tree.expected.keys()
        assert extra == set()
