// Everything the explorer says, in Japanese and in English, side by side.

/** @typedef {{ja: string, en: string}} Sentence */

/** @type {Record<string, Sentence>} */
export const SENTENCES = {
  title: { ja: "CNN を描いて、のぞいて、育てる", en: "Draw on a CNN, look into it, teach it" },
  introduction: {
    ja: "数字を描くと、教材の CNN が答えます。途中の計算も、判断の根拠も、すべて見えます。計算はこのブラウザの中だけで行い、絵も重みもどこにも送りません。",
    en: "Draw a digit and the course's CNN answers. Every step of its computation and the grounds of its decision are in view. All of it is computed in this browser: no drawing and no weights leave it.",
  },
  otherLanguage: { ja: "English", en: "日本語" },
  drawHeading: { ja: "1. 描く", en: "1. Draw" },
  padLabel: {
    ja: "数字を描くところ。キーボードでは、矢印キーでペンを動かし、スペースキーでペンを下ろしたり上げたりします。",
    en: "Drawing pad. With a keyboard, move the pen with the arrow keys, and put it down or lift it with the space bar.",
  },
  padHint: { ja: "ここに 0〜9 を描いてください", en: "Draw a digit from 0 to 9 here" },
  clear: { ja: "消す", en: "Clear" },
  photo: { ja: "写真を開く", en: "Open a photo" },
  samples: { ja: "見本", en: "Samples" },
  sample: { ja: "見本: {label}", en: "Sample: {label}" },
  notAPhoto: { ja: "この画像は開けません。JPEG か PNG を選んでください。", en: "This picture cannot be opened. Choose a JPEG or PNG." },
  preparation: { ja: "MNIST の画像にする", en: "Making an MNIST image of it" },
  stepCrop: { ja: "① 切り出す", en: "① Crop" },
  stepBox: { ja: "② 20×20 に縮める", en: "② Shrink to 20×20" },
  stepCentre: { ja: "③ 重心を中央に", en: "③ Centre its mass" },
  answerHeading: { ja: "2. 答え", en: "2. Answer" },
  answer: { ja: "予測: {label}（確率 {percent} %）", en: "Prediction: {label} (probability {percent} %)" },
  noAnswer: { ja: "まだ何も描かれていません。", en: "Nothing is drawn yet." },
  class: { ja: "クラス", en: "Class" },
  logit: { ja: "ロジット", en: "Logit" },
  probability: { ja: "確率", en: "Probability" },
  targetHint: {
    ja: "クラスを選ぶと、そのクラスの根拠を示します。もう一度選ぶと、予測したクラスに戻ります。",
    en: "Choose a class to see the evidence for it; choose it again to go back to the predicted one.",
  },
  evidenceHeading: { ja: "3. 判断の根拠", en: "3. Evidence" },
  evidenceFor: { ja: "クラス {label} の根拠", en: "Evidence for class {label}" },
  gradCamOf: { ja: "Grad-CAM の層", en: "Layer of Grad-CAM" },
  gradCam: { ja: "Grad-CAM", en: "Grad-CAM" },
  saliency: { ja: "顕著性マップ", en: "Saliency" },
  cover: { ja: "指で隠す", en: "Cover with a finger" },
  coverLabel: {
    ja: "入力の画像。なぞったところを灰色で隠します。キーボードでは矢印キーで動かします。",
    en: "Input image. What you touch is covered with grey. With a keyboard, use the arrow keys.",
  },
  coverHint: { ja: "画像をなぞると、隠したときのロジットが出ます。", en: "Touch the image to see the logit with that part covered." },
  covered: {
    ja: "クラス {label} のロジット: {before} → {after}（{change}）",
    en: "Logit of class {label}: {before} → {after} ({change})",
  },
  networkHeading: { ja: "4. 層の中を見る", en: "4. Look inside" },
  networkHint: {
    ja: "左から右へ計算が進みます。青は負、白は 0、橙は正です。特徴マップの画素を指すと、その値の計算と、入力のどこを見たか（受容野）を示します。",
    en: "The computation runs from left to right. Blue is negative, white is 0, orange is positive. Point at a pixel of a feature map to see how it was computed and which part of the input it saw, its receptive field.",
  },
  input: { ja: "入力", en: "input" },
  mapsLabel: {
    ja: "層 {name} の出力。矢印キーで画素を、Page Up と Page Down でチャネルを選びます。",
    en: "Output of layer {name}. Choose a pixel with the arrow keys and a channel with Page Up and Page Down.",
  },
  place: {
    ja: "{name}（{kind}）のチャネル {channel}、{row} 行 {column} 列 = {value}",
    en: "{name} ({kind}), channel {channel}, row {row}, column {column} = {value}",
  },
  unit: { ja: "{name}（{kind}）の {channel} 番 = {value}", en: "{name} ({kind}), number {channel} = {value}" },
  field: {
    ja: "受容野: 入力の {rows} 行、{columns} 列",
    en: "Receptive field: rows {rows} and columns {columns} of the input",
  },
  nothingChosen: { ja: "特徴マップの画素を指してください。", en: "Point at a pixel of a feature map." },
  sumOf: { ja: "入力チャネル {channel}: 合計 {sum}", en: "Input channel {channel}: sum {sum}" },
  sumOfOthers: { ja: "ほかの {count} チャネルの合計 {sum}", en: "The other {count} channels: sum {sum}" },
  sumWithBias: { ja: "合計 {sum} + バイアス {bias} = {value}", en: "Sum {sum} + bias {bias} = {value}" },
  cellHint: { ja: "各マスは「画素 × 重み」です。", en: "Each cell is pixel × weight." },
  kernels: { ja: "出力チャネル {channel} のカーネル", en: "Kernels of output channel {channel}" },
  ruleRelu: { ja: "max(0, {input}) = {value}", en: "max(0, {input}) = {value}" },
  ruleSigmoid: { ja: "1 / (1 + exp(−({input}))) = {value}", en: "1 / (1 + exp(−({input}))) = {value}" },
  ruleSame: { ja: "{input} をそのまま次へ渡します。", en: "{input} is handed on as it is." },
  ruleMax: { ja: "{inputs} の最大値 = {value}", en: "The largest of {inputs} = {value}" },
  ruleMean: { ja: "マップの平均 = {value}", en: "The mean of the map = {value}" },
  ruleNorm: {
    ja: "({input} − 平均 {mean}) ÷ 標準偏差 {deviation} × {weight} + {bias} = {value}",
    en: "({input} − mean {mean}) ÷ standard deviation {deviation} × {weight} + {bias} = {value}",
  },
  ruleLinear: { ja: "大きい順に {terms} … 合計 {sum}", en: "Largest first: {terms} … sum {sum}" },
  teachHeading: { ja: "5. 育てる", en: "5. Teach" },
  teachHint: {
    ja: "ランダムな重みから学習します。損失、正解率、カーネル、特徴マップが変わっていくようすを見てください。学習率を上げすぎると、失敗します。",
    en: "Training starts from random weights. Watch the loss, the accuracy, the kernels and the feature maps change. A learning rate that is too high fails.",
  },
  architecture: { ja: "ネットワーク", en: "Network" },
  dataset: { ja: "データ", en: "Data" },
  optimizer: { ja: "最適化", en: "Optimizer" },
  learningRate: { ja: "学習率", en: "Learning rate" },
  batchSize: { ja: "バッチサイズ", en: "Batch size" },
  start: { ja: "はじめから学習", en: "Train from scratch" },
  pause: { ja: "一時停止", en: "Pause" },
  resume: { ja: "再開", en: "Resume" },
  step: { ja: "1 歩だけ", en: "One step" },
  stop: { ja: "もとの重みに戻す", en: "Back to the trained weights" },
  loading: { ja: "データを読んでいます。", en: "Loading the data." },
  progress: {
    ja: "{seen} 枚を学習（{seconds} 秒）。損失 {loss}、テストの正解率 {accuracy}",
    en: "{seen} images seen ({seconds} s). Loss {loss}, test accuracy {accuracy}",
  },
  diverged: {
    ja: "損失が数でなくなりました。学習率が高すぎます。下げて、はじめから学習してください。",
    en: "The loss is no longer a number: the learning rate is too high. Lower it and train from scratch.",
  },
  noData: { ja: "データが読めません。ページを開き直してください。", en: "The data cannot be read. Reload the page." },
  lossCurve: { ja: "損失の変化", en: "Loss over the steps" },
  accuracyCurve: { ja: "テストの正解率の変化", en: "Test accuracy over the steps" },
  filesHeading: { ja: "6. 自分の重み", en: "6. Your own weights" },
  filesHint: {
    ja: "ノートブックで training.save(model, \"my.safetensors\") と保存したファイルを、ここに落とすか、選んでください。",
    en: "Drop a file here that you saved in a notebook with training.save(model, \"my.safetensors\"), or choose one.",
  },
  openFile: { ja: "重みを開く", en: "Open weights" },
  saveFile: { ja: "重みを保存する", en: "Save the weights" },
  saveHint: {
    ja: "保存したファイルは、training.load(モデル, \"ファイル名\") で PyTorch に読めます。",
    en: "PyTorch reads the saved file with training.load(model, \"file name\").",
  },
  opened: { ja: "{name} を開きました（重み {count} 個）。", en: "Opened {name} ({count} weights)." },
  inUse: { ja: "使用中: {name}", en: "In use: {name}" },
  emptyDrawing: { ja: "何も描かれていません。数字を描いてください。", en: "Nothing is drawn. Draw a digit." },
  fileTooLarge: { ja: "ファイルが大きすぎます（100 MB まで）。", en: "The file is too large (100 MB at most)." },
  notSafetensors: {
    ja: "これは safetensors のファイルではありません。training.save で、名前を .safetensors で終えて保存してください。",
    en: "This is no safetensors file. Save with training.save, under a name that ends in .safetensors.",
  },
  damagedFile: { ja: "ファイルが壊れています。もう一度保存してください。", en: "The file is damaged. Save it once more." },
  notFloat32: {
    ja: "重みの型が {dtype} です。model.float() で float32 にしてから保存してください。",
    en: "The weights are {dtype}. Make them float32 with model.float(), then save.",
  },
  notFinite: { ja: "重みに、数でないもの（NaN や無限大）があります。", en: "Some weights are no numbers (NaN or infinity)." },
  noLayers: {
    ja: "ファイルに層の並びが書かれていません。教材の training.save で保存してください。",
    en: "The file does not say which layers there are. Save it with the course's training.save.",
  },
  unsupported: {
    ja: "このネットワークは {what} を使うので、ここでは動かせません。",
    en: "This network uses {what}, which does not run here.",
  },
  unknownLayer: { ja: "層 {name} の種類 {kind} は、ここでは動かせません。", en: "Layer {name} is of the kind {kind}, which does not run here." },
  layersDoNotFit: { ja: "層 {name} が、前の層の出力に合いません。", en: "Layer {name} does not fit the output of the layer before it." },
  noLogits: { ja: "最後の層がロジットになっていません。", en: "The last layer does not give logits." },
  notADigitNetwork: {
    ja: "このネットワークの入力は {shape} です。ここで描けるのは 1×28×28 の画像です。",
    en: "This network takes {shape}. What is drawn here is 1×28×28.",
  },
  convolution: { ja: "畳み込み", en: "convolution" },
  batchNorm: { ja: "バッチ正規化", en: "batch norm" },
  relu: { ja: "ReLU", en: "ReLU" },
  sigmoid: { ja: "シグモイド", en: "sigmoid" },
  maxPool: { ja: "最大プーリング", en: "max pooling" },
  globalAveragePool: { ja: "大域平均プーリング", en: "global average pooling" },
  dropout: { ja: "ドロップアウト", en: "dropout" },
  flatten: { ja: "平坦化", en: "flatten" },
  pad: { ja: "ゼロパディング", en: "zero padding" },
  linear: { ja: "全結合", en: "linear" },
};

/**
 * Returns a sentence in the page's language, with its {names} filled in.
 * @param {string} code
 * @param {Record<string, string | number>} [values]
 */
export function say(code, values = {}) {
  const language = document.documentElement.lang === "en" ? "en" : "ja";
  return SENTENCES[code][language].replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
}

/** Returns the sentence that says what is wrong. @param {unknown} error */
export function sayError(error) {
  const { code, values } = /** @type {import("./errors.js").ExplorerError} */ (error);
  if (!Object.hasOwn(SENTENCES, code ?? "")) throw error;
  return say(code, values);
}

/**
 * Class names by data set, as helpers.data has them.
 * @type {Record<string, string[]>}
 */
export const CLASSES = {
  MNIST: ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
  FashionMNIST: [
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
    "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
  ],
};
